import { expect, it } from "vitest";

import { heldBy, timeAt } from "./gesture";

it("moves the span with one finger", () => {
  const at = timeAt(50, 100, [1000, 2000]);
  expect(at).toBe(1500);
  expect(heldBy([{ px: 80, at }], 100, [1000, 2000])).toEqual([700, 1700]);
});

it("keeps what lies under two fingers under them", () => {
  const span = heldBy(
    [
      { px: 20, at: 1400 },
      { px: 80, at: 1600 },
    ],
    100,
    [1000, 2000],
  );
  expect(timeAt(20, 100, span)).toBeCloseTo(1400);
  expect(timeAt(80, 100, span)).toBeCloseTo(1600);
});

it("does not jump when fingers meet or cross", () => {
  const meeting = [
    { px: 50, at: 1400 },
    { px: 60, at: 1600 },
  ];
  const [from, to] = heldBy(meeting, 100, [1000, 2000]);
  expect(to - from).toBe(1000);
  const crossed = [
    { px: 80, at: 1400 },
    { px: 20, at: 1600 },
  ];
  const [first, last] = heldBy(crossed, 100, [1000, 2000]);
  expect(last - first).toBe(1000);
});

it("is what it was without a finger", () => {
  expect(heldBy([], 100, [1000, 2000])).toEqual([1000, 2000]);
});
