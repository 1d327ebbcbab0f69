import { describe, expect, it } from "vitest";

import type { Device, Release } from "@/api/types";
import { aDevice } from "@/testing/builders";

import { bodyOf, DEFAULTS, faultOf, wavesOf } from "./draft";
import { candidates, planOf, selected, waveSizes } from "./plan";

const release = { id: "7", kind: "bundle", version: "1.5.0", boards: ["esp32", "esp32s3"] } as Release;
const node = (id: string, board: string | undefined, firmware: string, more: Partial<Device> = {}) =>
  aDevice({ id, details: { firmware, ...(board === undefined ? {} : { board }) }, ...more });

const fleet = [
  node("1", "esp32", "1.4.0"),
  node("2", "esp32", "1.4.0", { groups: ["Cellar", "Test bench"] }),
  node("3", "esp32s3", "1.4.0"),
  node("4", "esp32", "1.5.0", { groups: ["Test bench"] }),
  node("5", "esp32", "1.6.0", { groups: ["Test bench"] }),
  node("6", "esp8266", "1.4.0"),
  node("7", "esp32", "1.4.0", { dialect: "meter" }),
  node("8", "esp32", "1.4.0", { state: "unclaimed" }),
  node("9", undefined, "1.4.0", { groups: ["Test bench"] }),
];
const ids = (devices: readonly Device[]) => devices.map(({ id }) => id);
const all = { choice: "all", group: "", board: "", version: "", named: [] } as const;

describe("who gets it", () => {
  const found = candidates(fleet, release);

  it("leaves out what is not claimed, of another kind or of another board", () => {
    expect(ids(found)).toEqual(["1", "2", "3", "4", "5", "9"]);
  });

  it("means by all those that say their board and run another version", () => {
    expect(ids(selected(found, release, all))).toEqual(["1", "2", "3", "5"]);
    expect(ids(selected(found, release, { ...all, choice: "board", board: "esp32s3" }))).toEqual(["3"]);
    expect(ids(selected(found, release, { ...all, choice: "group", group: "Test bench" }))).toEqual([
      "2",
      "5",
    ]);
    expect(ids(selected(found, release, { ...all, choice: "group", group: "Nobody's" }))).toEqual([]);
    expect(ids(selected(found, release, { ...all, choice: "version", version: "1.6.0" }))).toEqual(["5"]);
    expect(ids(selected(found, release, { ...all, choice: "named", named: ["9", "4"] }))).toEqual(["4", "9"]);
  });

  it("gives each board a canary and leaves newer devices out unless they are wanted", () => {
    const chosen = selected(found, release, all);
    const plan = planOf(chosen, release, [0.5, 1], false);
    expect(plan.waves.map(ids)).toEqual([["1", "3"], ["2"]]);
    expect(ids(plan.newer)).toEqual(["5"]);
    expect(ids(planOf(chosen, release, [1], true).devices)).toEqual(["1", "3", "2", "5"]);
  });
});

it("cuts waves as the server does", () => {
  expect(waveSizes(200, [0.05, 0.25, 1])).toEqual([10, 40, 150]);
  expect(waveSizes(1, [0.05, 0.25, 1])).toEqual([1]);
  expect(waveSizes(3, [0.05, 0.25, 1])).toEqual([1, 2]);
  expect(waveSizes(10, [0.1, 0.7, 1])).toEqual([1, 6, 3]);
  expect(waveSizes(0, [1])).toEqual([]);
});

describe("terms", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");

  it("reads waves however they are separated, and refuses what does not rise to 100", () => {
    expect(wavesOf("5, 25 100%")).toEqual([0.05, 0.25, 1]);
    for (const odd of ["", "5", "25, 5, 100", "5, 5, 100", "5, 101", "0, 100", "x, 100"])
      expect(wavesOf(odd)).toBeNull();
  });

  it.each([
    [{ threshold: "101" }, /failures/],
    [{ healthyMin: "" }, /watched/],
    [{ windowed: true, start: "05:00" }, /window/],
    [{ deadline: "2025-12-31T10:00" }, /passed/],
    [{ force: true }, /older versions/],
  ])("says what is wrong with %o", (change, fault) => {
    expect(faultOf(DEFAULTS, now)).toBeNull();
    expect(faultOf({ ...DEFAULTS, ...change }, now)).toMatch(fault);
  });

  it("sends a reason only when older versions are let through", () => {
    expect(bodyOf({ ...DEFAULTS, reason: "left over" }, "7", ["1"])).toMatchObject({
      devices: ["1"],
      waves: [0.05, 0.25, 1],
      error_threshold: 0.1,
      healthy_s: 120,
      window: null,
      downgrade_reason: "",
    });
    expect(
      bodyOf({ ...DEFAULTS, force: true, reason: " it drops out ", windowed: true }, "7", []),
    ).toMatchObject({
      window: { start: "22:00", end: "05:00" },
      downgrade_reason: "it drops out",
    });
  });
});
