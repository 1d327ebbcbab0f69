import { expect, it } from "vitest";

import { topOf, xOf, yOf } from "./scale";

it("ends the axis at a round number above every hour", () => {
  expect(topOf([[0.31, null], [0.42]])).toBeCloseTo(0.6);
  expect(topOf([[2]])).toBe(2);
  expect(topOf([[2.1]])).toBe(3);
  expect(topOf([[61]])).toBe(80);
});

it("has an axis for nothing, too", () => {
  expect(topOf([[null, 0], []])).toBeCloseTo(0.01);
  expect(yOf(-1, 2, 100)).toBe(100);
});

it("spreads the hours over the width", () => {
  expect([xOf(0, 240), xOf(12, 240), xOf(24, 240)]).toEqual([0, 120, 240]);
  expect(yOf(1, 2, 100)).toBe(50);
});
