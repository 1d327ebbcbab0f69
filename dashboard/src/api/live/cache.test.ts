import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";

import { aChannel, aDevice, anAlert, anOutput } from "@/testing/builders";

import { keys } from "../keys";
import type { Alert, AlertDetail, Command } from "../types";
import { feed, mergeValues, upsertCommand, upsertDevice, withLines } from "./cache";
import { parseFrame } from "./frames";

const kitchen = aDevice({ id: "1", channels: [aChannel({ id: "10", last: { t: 1000, value: 5 } })] });
const cellar = aDevice({ id: "2", name: "Cellar" });

describe("newest values", () => {
  it("are replaced by newer ones, not by late ones", () => {
    const known = { a: [100, 1], b: [100, 2] } as const;
    expect(mergeValues(known, { a: [200, 9], b: [50, 9] })).toEqual({ a: [200, 9], b: [100, 2] });
  });

  it("are corrected by a value of the same instant", () => {
    expect(mergeValues({ a: [100, 1] }, { a: [100, 3] })).toEqual({ a: [100, 3] });
  });

  it("stay the same object when nothing is new, so that nothing is drawn again", () => {
    const known = { a: [100, 1] } as const;
    expect(mergeValues(known, { a: [99, 7] })).toBe(known);
  });
});

describe("what a frame does to the cache", () => {
  let cache: QueryClient;
  const devices = () => cache.getQueryData(keys.devices);
  const values = () => cache.getQueryData(keys.values);

  beforeEach(() => {
    cache = new QueryClient();
    feed(cache, {
      type: "snapshot",
      at: Date.now(),
      devices: [kitchen, cellar],
      values: { "10": [2000, 6] },
    });
  });

  it("a snapshot sets devices and values, and prefers the newer value", () => {
    expect(devices()).toEqual([kitchen, cellar]);
    expect(values()).toEqual({ "10": [2000, 6] });
  });

  it("changes move single values", () => {
    feed(cache, { type: "changes", at: Date.now(), values: { "10": [3000, 7], "11": [3000, 1] } });
    expect(values()).toEqual({ "10": [3000, 7], "11": [3000, 1] });
  });

  it("after a reconnect the snapshot replaces what is gone meanwhile", () => {
    feed(cache, { type: "changes", at: Date.now(), values: { "99": [9000, 1] } });
    feed(cache, { type: "snapshot", at: Date.now(), devices: [kitchen], values: { "10": [9000, 8] } });
    expect(devices()).toEqual([kitchen]);
    expect(values()).toEqual({ "10": [9000, 8] });
  });

  it("a device frame updates in place, adds what is new, and takes away what is deleted", () => {
    feed(cache, { type: "device", device: { ...kitchen, online: false } });
    feed(cache, { type: "device", device: aDevice({ id: "3" }) });
    feed(cache, { type: "device", device: { id: "2", deleted: true } });
    expect(devices()).toMatchObject([{ id: "1", online: false }, { id: "3" }]);
  });

  it("a device page follows, and a page nobody opened is not invented", () => {
    cache.setQueryData(keys.device("1"), kitchen);
    feed(cache, { type: "device", device: { ...kitchen, name: "Galley" } });
    expect(cache.getQueryData(keys.device("1"))).toMatchObject({ name: "Galley" });
    expect(cache.getQueryData(keys.device("2"))).toBeUndefined();
  });

  it("notes how far the server's clock is ahead", () => {
    feed(cache, { type: "snapshot", at: Date.now() + 60_000, devices: [], values: {} });
    expect(cache.getQueryData<number>(keys.clockAhead)).toBeGreaterThan(59_000);
  });

  it("a ping changes nothing", () => {
    const before = [devices(), values()];
    feed(cache, { type: "ping" });
    expect([devices(), values()]).toEqual(before);
  });
});

describe("text from the wire", () => {
  it("is a frame, or nothing", () => {
    expect(parseFrame('{"type":"ping"}')).toEqual({ type: "ping" });
    for (const text of ["", "nonsense", "null", "[]", '{"type":7}', '{"type":"of a later version"}']) {
      expect(parseFrame(text)).toBeNull();
    }
  });
});

it("upsertDevice keeps the order of the list", () => {
  const renamed = upsertDevice([kitchen, cellar], { ...kitchen, name: "Galley" });
  expect(renamed.map(({ name }) => name)).toEqual(["Galley", "Cellar"]);
});

describe("what is switched", () => {
  const command: Command = {
    id: "5",
    device_id: "1",
    name: "reboot",
    args: {},
    state: "queued",
    detail: "",
    actor: "ada",
    reason: "",
    created_at: 0,
    expires_at: 60_000,
    changed_at: 0,
  };
  const line = (number: number) => ({ number, at: 0, text: `line ${number}` });

  it("puts new orders first and moves known ones on", () => {
    expect(upsertCommand([command], { ...command, id: "6" }).map(({ id }) => id)).toEqual(["6", "5"]);
    expect(upsertCommand([command], { ...command, state: "sent" })).toEqual([{ ...command, state: "sent" }]);
  });

  it("keeps no more lines than the server", () => {
    const lines = withLines(
      Array.from({ length: 499 }, (_, n) => line(n)),
      [line(499), line(500)],
    );
    expect(lines).toHaveLength(500);
    expect(lines.at(-1)?.text).toBe("line 500");
  });

  it("leaves pages alone that nobody has opened", () => {
    const cache = new QueryClient();
    feed(cache, { type: "command", command });
    feed(cache, { type: "log", device_id: "1", lines: [line(1)] });
    feed(cache, { type: "output", output: anOutput() });
    expect(cache.getQueryData(keys.commands("1"))).toBeUndefined();
    expect(cache.getQueryData(keys.deviceLog("1"))).toBeUndefined();
    expect(cache.getQueryData(keys.outputs)).toBeUndefined();
  });

  it("asks again for a shadow that changed, and for everything switched after a new start", () => {
    const cache = new QueryClient();
    cache.setQueryData(keys.shadow("1"), {});
    cache.setQueryData(keys.shadow("2"), {});
    cache.setQueryData(keys.outputs, []);
    feed(cache, { type: "shadow", device_id: "1" });
    const stale = (key: readonly unknown[]) => cache.getQueryState(key)?.isInvalidated;
    expect([stale(keys.shadow("1")), stale(keys.shadow("2"))]).toEqual([true, false]);
    feed(cache, { type: "snapshot", at: 0, devices: [], values: {} });
    expect([stale(keys.shadow("2")), stale(keys.outputs)]).toEqual([true, true]);
  });
});

describe("an alert that changes", () => {
  let cache: QueryClient;
  beforeEach(() => {
    cache = new QueryClient();
  });
  const open = () => cache.getQueryData<Alert[]>(keys.openAlerts)?.map(({ id, state }) => `${id} ${state}`);

  it("is among the open ones until it is cleared, newest first", () => {
    cache.setQueryData(keys.openAlerts, [anAlert({ id: "9" })]);
    feed(cache, { type: "alert", alert: anAlert({ id: "10" }) });
    feed(cache, { type: "alert", alert: anAlert({ id: "9", state: "acknowledged" }) });
    expect(open()).toEqual(["10 raised", "9 acknowledged"]);
    feed(cache, { type: "alert", alert: anAlert({ id: "10", state: "cleared" }) });
    expect(open()).toEqual(["9 acknowledged"]);
  });

  it("changes its own page, and what tells of its past is asked for anew", () => {
    cache.setQueryData<AlertDetail>(keys.alert("9"), {
      alert: anAlert({ id: "9" }),
      transitions: [],
      deliveries: [],
    });
    cache.setQueryData(keys.alert("8"), null);
    cache.setQueryData(keys.alertHistory("state=cleared"), []);
    cache.setQueryData(keys.rules, []);
    feed(cache, { type: "alert", alert: anAlert({ id: "9", state: "cleared" }) });
    expect(cache.getQueryData<AlertDetail>(keys.alert("9"))?.alert.state).toBe("cleared");
    const stale = (key: readonly unknown[]) => cache.getQueryState(key)?.isInvalidated;
    expect([keys.alert("9"), keys.alertHistory("state=cleared"), keys.rules].map(stale)).toEqual([
      true,
      true,
      true,
    ]);
    expect(stale(keys.alert("8"))).toBe(false);
  });

  it("is not invented where nobody asked for alerts", () => {
    feed(cache, { type: "alert", alert: anAlert() });
    expect(open()).toBeUndefined();
  });
});
