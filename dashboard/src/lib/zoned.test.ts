import { describe, expect, it } from "vitest";

import { dayWords, shiftDay, wallDayTime, wallMinutes, wallTime } from "./zoned";

describe("the wall of the site", () => {
  it("shows its own time, whatever the browser's zone", () => {
    const at = Date.UTC(2025, 10, 24, 6, 5);
    expect(wallTime(at, "Europe/Vienna")).toBe("07:05");
    expect(wallTime(at, "America/New_York")).toBe("01:05");
    expect(wallMinutes(at, "Europe/Vienna")).toBe(425);
    expect(wallDayTime(at, "Pacific/Auckland")).toContain("19:05");
  });

  it("shows an hour that comes twice as the same time of day", () => {
    const first = Date.UTC(2025, 9, 26, 0, 30);
    expect(wallMinutes(first, "Europe/Vienna")).toBe(150);
    expect(wallMinutes(first + 3_600_000, "Europe/Vienna")).toBe(150);
  });

  it("calls midnight 0, not 24", () => {
    expect(wallMinutes(Date.UTC(2025, 10, 23, 23), "Europe/Vienna")).toBe(0);
  });
});

it("moves days over months and changes of the clocks", () => {
  expect(shiftDay("2025-10-27", -7)).toBe("2025-10-20");
  expect(shiftDay("2025-12-29", 7)).toBe("2026-01-05");
  expect(dayWords("2025-10-26", { weekday: "long" })).toBe("Sunday");
});
