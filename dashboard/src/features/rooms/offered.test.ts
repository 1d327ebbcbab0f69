import { expect, it } from "vitest";

import { aChannel, aDevice } from "@/testing/builders";

import { canSwitch, keysOffered, likelyFirst, serialOf } from "./offered";

const report = (value: unknown) => ({ value, at: 0 });

it("offers what a device announced, reported or measures as a switch, each once", () => {
  const device = aDevice({ channels: [aChannel({ key: "relay", quantity: "switch" }), aChannel()] });
  const shadow = {
    commands: [{ name: "set", args: { relay: "switch", lamp: { type: "number", min: 0, max: 100 } } }],
    reported: { fan: report(true), ip: report("10.0.0.7"), policies: report({}) },
  };
  expect(keysOffered(device, shadow, [])).toEqual(["relay", "lamp", "fan"]);
});

it("leaves out what is in a room already, of this device only", () => {
  const device = aDevice({ channels: [aChannel({ key: "relay", quantity: "switch" })] });
  const nothing = { commands: null, reported: {} };
  expect(keysOffered(device, nothing, [{ device_id: "1", key: "relay" }])).toEqual([]);
  expect(keysOffered(device, nothing, [{ device_id: "2", key: "relay" }])).toEqual(["relay"]);
});

it("takes only claimed devices that can be switched", () => {
  expect(canSwitch(aDevice())).toBe(true);
  expect(canSwitch(aDevice({ dialect: "home-control" }))).toBe(true);
  expect(canSwitch(aDevice({ dialect: "current-logger" }))).toBe(false);
  expect(canSwitch(aDevice({ state: "unclaimed" }))).toBe(false);
});

it("puts what surely switches before what may", () => {
  const meter = aDevice({ name: "A meter" });
  const plug = aDevice({ name: "Plug", channels: [aChannel({ quantity: "switch" })] });
  const home = aDevice({ name: "Home", dialect: "home-control" });
  expect([meter, plug, home].toSorted(likelyFirst).map(({ name }) => name)).toEqual([
    "Home",
    "Plug",
    "A meter",
  ]);
});

it("makes a serial of an address", () => {
  expect(serialOf("192.168.1.20:8080")).toBe("home-192.168.1.20-8080");
  expect(serialOf("x".repeat(100))).toHaveLength(64);
});
