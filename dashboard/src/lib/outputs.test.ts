import { describe, expect, it } from "vitest";

import { agrees, authorWords, type Known, leftWords, phaseOf, stateWords, statusWords } from "./outputs";

const lamp = (given: Partial<Known> = {}): Known => ({
  desired: "on",
  reported: "on",
  confirmed: true,
  online: true,
  doubt: "",
  power_channel_id: null,
  levels: null,
  ...given,
});

describe("how sure we are of an output", () => {
  it.each([
    ["confirmed", "On, confirmed", {}],
    ["confirmed", "On, confirmed by its power", { power_channel_id: "7" }],
    ["sent", "Switching on …", { reported: "off", confirmed: false }],
    ["sent", "Dimming to 40 % …", { desired: 40, reported: 10, confirmed: false, levels: [0, 100] }],
    ["reported", "Reported on, waiting for the power meter", { confirmed: false, power_channel_id: "7" }],
    [
      "doubted",
      "Not confirmed: its device says on, but no power is drawn",
      { confirmed: false, doubt: "its device says on, but no power is drawn" },
    ],
    ["waiting", "Offline: will be on once it is back", { confirmed: false, reported: "off", online: false }],
    // What it did while it was there still holds, but nobody can say so now.
    ["away", "Offline, was on", { online: false }],
    ["away", "Offline", { desired: null, reported: null, confirmed: false, online: false }],
    ["known", "Off, says its device", { desired: null, reported: "off", confirmed: false }],
    ["known", "Not switched yet", { desired: null, reported: null, confirmed: false }],
  ] as const)("%s: %s", (phase, words, given) => {
    expect(phaseOf(lamp(given))).toBe(phase);
    expect(statusWords(lamp(given))).toBe(words);
  });
});

it("takes a dimmer's level for on, and no level for off", () => {
  expect(agrees("on", 40)).toBe(true);
  expect(agrees("off", 0)).toBe(true);
  expect(agrees(0, "off")).toBe(true);
  expect(agrees(40, "on")).toBe(false);
  expect(agrees("off", null)).toBe(false);
});

it("writes levels on their own scale", () => {
  expect(stateWords(40, [0, 100])).toBe("40 %");
  expect(stateWords(512, [0, 1023])).toBe("512");
});

it("says who it was, person or not", () => {
  expect(authorWords("ada", "ada")).toBe("by you");
  expect(authorWords("bob", "ada")).toBe("by bob");
  expect(authorWords("device", "ada")).toBe("at the device");
  expect(authorWords("token:wall panel", "ada")).toBe("by the token “wall panel”");
});

it("counts a timer down", () => {
  expect(leftWords(1_800_000, 0)).toBe("30 min left");
  expect(leftWords(1_000, 400)).toBe("1 s left");
  expect(leftWords(0, 5)).toBe("any moment");
});
