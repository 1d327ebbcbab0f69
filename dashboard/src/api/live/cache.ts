/** How each live frame changes what the dashboard knows. Pure; `feed` alone touches the query cache. */

import type { QueryClient } from "@tanstack/react-query";

import { keys } from "../keys";
import type { Alert, AlertDetail, Command, Device, LogLine, Output } from "../types";
import type { Deleted, Frame, Values } from "./frames";

/** `known` plus `changes`; a value that is older than the known one (a late sample) does not replace it. */
export function mergeValues(known: Values, changes: Values): Values {
  const fresh = Object.entries(changes).filter(([id, [t]]) => t >= (known[id]?.[0] ?? -Infinity));
  return fresh.length === 0 ? known : { ...known, ...Object.fromEntries(fresh) };
}

/** The list with `device` in its place, or at the end when it is new. */
export function upsertDevice(devices: readonly Device[], device: Device): Device[] {
  const place = devices.findIndex((known) => known.id === device.id);
  return place === -1 ? [...devices, device] : devices.with(place, { ...devices[place], ...device });
}

export const withoutDevice = (devices: readonly Device[], id: string): Device[] =>
  devices.filter((device) => device.id !== id);

/** The list with `item` in its place, or at the end when it is new. */
export function upsert<T extends { id: string }>(items: readonly T[], item: T): T[] {
  const place = items.findIndex(({ id }) => id === item.id);
  return place === -1 ? [...items, item] : items.with(place, item);
}

/** What frames said of outputs, in the order in which they came. */
export type OutputNews = readonly (Output | Deleted)[];

/** The outputs after what frames said of them: a list that was on its way meanwhile may be older than they are. */
export const withNews = (outputs: readonly Output[], news: OutputNews): Output[] =>
  news.reduce<Output[]>(
    (known, output) =>
      "deleted" in output ? known.filter(({ id }) => id !== output.id) : upsert(known, output),
    [...outputs],
  );

/** Commands are listed newest first; a new one comes to the front. */
export function upsertCommand(commands: readonly Command[], command: Command): Command[] {
  const known = commands.some(({ id }) => id === command.id);
  return known ? upsert(commands, command) : [command, ...commands];
}

/** As many lines as the server keeps. */
const MOST_LINES = 500;

export const withLines = (known: readonly LogLine[], more: readonly LogLine[]): LogLine[] =>
  [...known, ...more].slice(-MOST_LINES);

/** Newest values as a device answer carries them. */
export const lastValues = (devices: readonly Device[]): Values =>
  Object.fromEntries(
    devices.flatMap(({ channels }) =>
      channels.flatMap(({ id, last }) => (last ? [[id, [last.t, last.value]] as const] : [])),
    ),
  );

/** Who the server names when a load limit switched something off or on. */
const LOAD_LIMIT = "load limit";

const SWITCHED = [
  keys.outputs,
  ["shadow"],
  ["commands"],
  ["device-log"],
  keys.loadLimits,
  keys.alerts,
  keys.rules,
];

/** Write one frame into the cache. A snapshot replaces: what it no longer holds is gone. */
export function feed(cache: QueryClient, frame: Frame): void {
  const merge = (changes: Values) =>
    cache.setQueryData<Values>(keys.values, (known = {}) => mergeValues(known, changes));
  switch (frame.type) {
    case "snapshot":
      cache.setQueryData(keys.clockAhead, frame.at - Date.now());
      cache.setQueryData(keys.devices, frame.devices);
      cache.setQueryData<Values>(keys.values, mergeValues(lastValues(frame.devices), frame.values));
      for (const device of frame.devices) patch(cache, device);
      // What is switched or alerted is not in the snapshot; it may have changed while nobody listened.
      for (const queryKey of SWITCHED) void cache.invalidateQueries({ queryKey });
      break;
    case "changes":
      merge(frame.values);
      break;
    case "device":
      if ("deleted" in frame.device) {
        const { id } = frame.device;
        cache.setQueryData<Device[]>(keys.devices, (devices) => devices && withoutDevice(devices, id));
      } else {
        const { device } = frame;
        cache.setQueryData<Device[]>(keys.devices, (devices) => devices && upsertDevice(devices, device));
        patch(cache, device);
        merge(lastValues([device]));
      }
      break;
    case "output": {
      const { output } = frame;
      cache.setQueryData<Output[]>(keys.outputs, (outputs) => outputs && withNews(outputs, [output]));
      if (cache.isFetching({ queryKey: keys.outputs, exact: true }) > 0)
        cache.setQueryData<OutputNews>(keys.outputNews, (news = []) => [...news, output]);
      if (!("deleted" in output) && output.changed_by === LOAD_LIMIT)
        void cache.invalidateQueries({ queryKey: keys.loadLimits });
      break;
    }
    case "command": {
      const { command } = frame;
      cache.setQueryData<Command[]>(
        keys.commands(command.device_id),
        (commands) => commands && upsertCommand(commands, command),
      );
      break;
    }
    case "shadow":
      void cache.invalidateQueries({ queryKey: keys.shadow(frame.device_id) });
      break;
    case "log":
      cache.setQueryData<LogLine[]>(
        keys.deviceLog(frame.device_id),
        (lines) => lines && withLines(lines, frame.lines),
      );
      break;
    case "alert":
      putAlert(cache, frame.alert);
      break;
    case "ping":
      break;
  }
}

/** Alerts that are not cleared, newest first. */
export function withAlert(open: readonly Alert[], alert: Alert): Alert[] {
  if (alert.state === "cleared") return open.filter(({ id }) => id !== alert.id);
  const known = open.some(({ id }) => id === alert.id);
  return (known ? upsert(open, alert) : [alert, ...open]).toSorted((a, b) => Number(b.id) - Number(a.id));
}

/** Puts an alert where it is shown; what is told around it (its history, how often a rule fired) is asked for anew. */
export function putAlert(cache: QueryClient, alert: Alert): void {
  cache.setQueryData<Alert[]>(keys.openAlerts, (open) => open && withAlert(open, alert));
  cache.setQueryData<AlertDetail>(keys.alert(alert.id), (known) => known && { ...known, alert });
  void cache.invalidateQueries({
    predicate: ({ queryKey: [first, second, third] }) =>
      first === keys.rules[0] ||
      (first === keys.alerts[0] && (second === "history" || (second === "one" && third === alert.id))),
  });
}

/** A page that shows this device keeps what only the full answer holds (its details). */
function patch(cache: QueryClient, device: Device): void {
  cache.setQueryData<Device>(keys.device(device.id), (known) => known && { ...known, ...device });
}
