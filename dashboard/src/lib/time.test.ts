import { describe, expect, it } from "vitest";

import { ago, clock, duration } from "./time";

const NOW = new Date(2026, 10, 21, 14, 3, 27).getTime();

describe("how long ago", () => {
  it.each([
    [0, "just now"],
    [9_999, "just now"],
    [40_000, "40 s ago"],
    [3 * 60_000, "3 min ago"],
    [5 * 3_600_000, "5 h ago"],
    [12 * 86_400_000, "12 d ago"],
    [-60_000, "just now"],
  ])("%i ms: %s", (passed, text) => {
    expect(ago(NOW - passed, NOW)).toBe(text);
  });
});

describe("a duration", () => {
  it.each([
    [45_000, "45 s"],
    [12 * 60_000, "12 min"],
    [3_600_000, "1 h"],
    [12_000_000, "3 h 20 min"],
    [446_400_000, "5 d 4 h"],
  ])("%i ms: %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("a time of day", () => {
  it("names the day only when it is another one", () => {
    expect(clock(NOW - 60_000, NOW)).toContain("02:27");
    expect(clock(NOW - 86_400_000, NOW)).toContain("20");
  });
});
