import { expect, it } from "vitest";

import { follow, ticks } from "./range";

it("grows at once, and comes back slowly", () => {
  const first = follow(null, 100, 800);
  expect(first.low).toBe(0);
  const grown = follow(first, 100, 2_600);
  expect(grown.high).toBeGreaterThan(2_600);
  const after = follow(grown, 100, 800);
  expect(after.high).toBeGreaterThan(2_600);
  expect(after.high).toBeLessThan(grown.high);
  expect(follow(grown, Infinity, -Infinity)).toEqual(grown);
});

it("has round values on its axis", () => {
  expect(ticks({ low: 0, high: 2_700 }, 5)).toEqual([0, 1_000, 2_000]);
  expect(ticks({ low: -20, high: 60 }, 4)).toEqual([-20, 0, 20, 40, 60]);
  expect(ticks({ low: 5, high: 5 }, 4)).toEqual([]);
});
