import { describe, expect, it } from "vitest";

import { aChannel, aDevice } from "@/testing/builders";

import {
  clockFinding,
  identityFacts,
  ownFindings,
  reportedFacts,
  reportedHealth,
  signalVerdict,
} from "./health";

const signal = aChannel({
  id: "1",
  key: "rssi",
  label: "rssi",
  quantity: "signal",
  unit: "dBm",
  decimals: 0,
});
const uptime = aChannel({
  id: "2",
  key: "uptime",
  label: "uptime",
  quantity: "duration",
  unit: "s",
  decimals: 0,
});

describe("what a device sends of itself", () => {
  it("is read as people say it", () => {
    const device = aDevice({ channels: [signal, uptime, aChannel()] });
    const found = ownFindings(device, { "1": [1000, -82], "2": [1000, 7_320] }, 2000);
    expect(found.map(({ name, value, verdict }) => [name, value, verdict])).toEqual([
      ["Rssi", "-82 dBm", "poor"],
      ["Uptime", "2 h 2 min", null],
    ]);
    expect(found[0]?.note).toBe("weak: messages may be lost, just now");
  });

  it("may be missing", () => {
    expect(ownFindings(aDevice({ channels: [signal] }), {}, 0)[0]).toMatchObject({
      value: "–",
      note: "never sent",
    });
  });

  it.each([
    [-50, "good"],
    [-67, "good"],
    [-70, "fair"],
    [-79, "poor"],
  ] as const)("%i dBm is %s", (dbm, verdict) => expect(signalVerdict(dbm).verdict).toBe(verdict));
});

it("takes signal and memory from its report, where it has no channels of them", () => {
  const reported = { health: { value: { heap: 91_136, signal: -71 }, at: 0 } };
  const names = (device: ReturnType<typeof aDevice>) =>
    reportedHealth(device, { reported }, 1000).map(({ name }) => name);
  expect(names(aDevice())).toEqual(["Signal", "Memory"]);
  expect(names(aDevice({ channels: [signal] }))).toEqual(["Memory"]);
  expect(reportedHealth(aDevice(), { reported }, 1000)[0]).toMatchObject({
    value: "-71 dBm",
    verdict: "fair",
  });
  expect(reportedHealth(aDevice(), { reported: { health: { value: "fine", at: 0 } } }, 0)).toEqual([]);
});

describe("its clock", () => {
  const device = aDevice({ channels: [signal], last_seen_at: 1_000_000 });

  it("is right when samples are as new as the device", () => {
    expect(clockFinding(device, { "1": [995_000, -50] })).toMatchObject({ value: "right", verdict: "good" });
    expect(clockFinding(device, { "1": [1_008_000, -50] })).toMatchObject({ value: "right" });
  });

  it("runs ahead or behind", () => {
    expect(clockFinding(device, { "1": [1_600_000, -50] })).toMatchObject({
      value: "10 min ahead",
      verdict: "poor",
    });
    expect(clockFinding(device, { "1": [400_000, -50] })).toMatchObject({ value: "10 min behind" });
  });

  it("is not judged without a sample, but what was flagged is told", () => {
    expect(clockFinding(aDevice({ clock_flagged: 3 }), {})).toMatchObject({ value: "–", verdict: "fair" });
  });
});

it("tells firmware and reason of the last start, or that nobody said them", () => {
  const facts = Object.fromEntries(
    identityFacts(aDevice({ details: { firmware: "1.2", reset: "watchdog", x_y: "z" } })),
  );
  expect(facts).toMatchObject({ Firmware: "1.2", Board: "not said", "Last start": "watchdog", "X y": "z" });
});

it("shows what is reported and not switched", () => {
  const at = 0;
  const wish = { value: "on", version: 1, at, author: "ada", reason: "" };
  const reported = {
    relay: { value: "on", at },
    ip: { value: "10.0.0.7", at },
    fan: { value: "off", at },
    n: { value: 7, at },
  };
  expect(reportedFacts({ desired: { relay: wish }, reported })).toEqual([
    ["Ip", "10.0.0.7"],
    ["N", "7"],
  ]);
});
