/** How a device is doing, from what it sends of itself. */

import type { Channel, Device, Shadow } from "@/api/types";
import type { Values } from "@/api/live/frames";
import { channelLabel, humanise, readingOf } from "@/lib/channels";
import { ago, dateTime, duration } from "@/lib/time";
import { formatBytes } from "@/lib/units";

// What a device measures of itself and not of the world.
const OWN = new Set(["signal", "memory", "duration", "battery"]);
/** Beyond this the values of a device are shown at the wrong place of a chart. */
const WRONG_CLOCK_MS = 30_000;

export type Verdict = "good" | "fair" | "poor" | null;

export interface Finding {
  name: string;
  value: string;
  /** In words, where there is something to say. */
  note: string;
  verdict: Verdict;
}

/** What a received strength in dBm means for a small radio. */
export function signalVerdict(dbm: number): { verdict: Verdict; note: string } {
  if (dbm >= -67) return { verdict: "good", note: "strong" };
  if (dbm >= -78) return { verdict: "fair", note: "usable" };
  return { verdict: "poor", note: "weak: messages may be lost" };
}

type Value = { t: number; value: number } | null;

const newestOf = (channel: Channel, values: Values): Value => {
  const live = values[channel.id];
  return live === undefined ? (channel.last ?? null) : { t: live[0], value: live[1] };
};

function judged(channel: Channel, value: number): { verdict: Verdict; note: string } {
  if (channel.quantity === "signal") return signalVerdict(value);
  if (channel.quantity === "battery" && value <= 15) return { verdict: "poor", note: "nearly empty" };
  return { verdict: null, note: "" };
}

/** The device's own channels; a length of time reads as one. */
export function ownFindings(device: Pick<Device, "channels">, values: Values, now: number): Finding[] {
  return device.channels
    .filter(({ quantity }) => OWN.has(quantity))
    .map((channel) => {
      const newest = newestOf(channel, values);
      const { text, unit } = readingOf(channel, newest?.value);
      const { verdict, note } = newest === null ? { verdict: null, note: "" } : judged(channel, newest.value);
      const value =
        channel.quantity === "duration" && newest !== null
          ? duration(newest.value * 1000)
          : `${text} ${unit}`.trim();
      const heard = newest === null ? "never sent" : ago(newest.t, now);
      return { name: channelLabel(channel), value, note: [note, heard].filter(Boolean).join(", "), verdict };
    });
}

/** Signal and memory as the device reports them with its state, for one that has no channels of them. */
export function reportedHealth(
  device: Pick<Device, "channels">,
  shadow: Pick<Shadow, "reported">,
  now: number,
): Finding[] {
  const report = shadow.reported.health;
  if (report === undefined || report.value === null || typeof report.value !== "object") return [];
  const said = report.value as Record<string, unknown>;
  const measured = (quantity: string) => device.channels.some((channel) => channel.quantity === quantity);
  const findings: Finding[] = [];
  if (typeof said.signal === "number" && !measured("signal")) {
    const { verdict, note } = signalVerdict(said.signal);
    findings.push({
      name: "Signal",
      value: `${said.signal} dBm`,
      note: `${note}, ${ago(report.at, now)}`,
      verdict,
    });
  }
  if (typeof said.heap === "number" && !measured("memory"))
    findings.push({
      name: "Memory",
      value: formatBytes(said.heap),
      note: `free, ${ago(report.at, now)}`,
      verdict: null,
    });
  return findings;
}

/**
 * How far the device's clock is off: the newest sample against when the device was last heard. Samples that waited on
 * the device look the same, so this says "at most".
 */
export function clockFinding(
  device: Pick<Device, "channels" | "last_seen_at" | "clock_flagged">,
  values: Values,
): Finding {
  const newest = Math.max(...device.channels.map((channel) => newestOf(channel, values)?.t ?? -Infinity));
  const flagged =
    device.clock_flagged === 0
      ? ""
      : `${device.clock_flagged.toLocaleString()} samples came with a doubtful time`;
  const name = "Clock";
  if (device.last_seen_at === null || newest === -Infinity)
    return { name, value: "–", note: flagged, verdict: flagged ? "fair" : null };
  // Live values are newer than what the device's own entry says of its last message.
  const off =
    newest - Math.max(device.last_seen_at, newest > device.last_seen_at + WRONG_CLOCK_MS ? 0 : newest);
  const wrong = Math.abs(off) > WRONG_CLOCK_MS;
  const value = wrong ? `${duration(Math.abs(off))} ${off > 0 ? "ahead" : "behind"}` : "right";
  return { name, value, note: flagged, verdict: wrong ? "poor" : flagged ? "fair" : "good" };
}

const SPECIAL = new Set(["policies", "schedules", "release"]);

/** What the device reports about itself beside what is switched. */
export function reportedFacts(shadow: Pick<Shadow, "desired" | "reported">): [string, string][] {
  return Object.entries(shadow.reported)
    .filter(([key, { value }]) => !SPECIAL.has(key) && !(key in shadow.desired) && isWord(value))
    .map(([key, { value }]) => [humanise(key), String(value)]);
}

const isWord = (value: unknown): boolean =>
  typeof value === "string" ? !["on", "off"].includes(value) : typeof value === "number";

/** Firmware, board, why it last started. */
export function identityFacts(device: Device): [string, string][] {
  const { firmware, board, reset, ...others } = device.details;
  const told = (value: string | undefined) => value ?? "not said";
  return [
    ["Firmware", told(firmware)],
    ["Board", told(board)],
    ["Last start", told(reset)],
    ["Speaks", device.dialect],
    ["Last heard", device.last_seen_at === null ? "never" : dateTime(device.last_seen_at)],
    ...Object.entries(others).map(([key, value]): [string, string] => [humanise(key), value]),
    ["Samples refused", device.rejected.toLocaleString()],
  ];
}
