import { describe, expect, it } from "vitest";

import { Ring } from "./ring";

const filled = (capacity: number, samples: [number, number][]): Ring => {
  const ring = new Ring(capacity);
  for (const [at, value] of samples) ring.push(at, value);
  return ring;
};

describe("the ring of a live trace", () => {
  it("keeps the newest, and forgets the oldest", () => {
    const ring = filled(3, [
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]);
    expect([ring.length, ring.at(0), ring.value(0), ring.newest]).toEqual([3, 2, 20, 4]);
    expect(ring.first(3)).toBe(1);
    expect(ring.first(9)).toBe(3);
  });

  it("leaves out what came again, or too late", () => {
    const ring = filled(10, [
      [1, 10],
      [3, 30],
      [3, 31],
      [2, 20],
    ]);
    expect([ring.length, ring.value(1)]).toEqual([2, 30]);
  });

  it("knows the value that held at a moment", () => {
    const ring = filled(10, [
      [10, 1],
      [20, 2],
    ]);
    expect(ring.valueAt(9)).toBeNaN();
    expect([ring.valueAt(10), ring.valueAt(19), ring.valueAt(20), ring.valueAt(99)]).toEqual([1, 1, 2, 2]);
  });

  it("tells how quiet it was, without losing digits to a large mean", () => {
    const ring = filled(10, [
      [0, 1e9 + 1],
      [1, 1e9 + 2],
      [2, 1e9 + 3],
      [3, 0],
    ]);
    const { count, mean, sd } = ring.spread(0, 3);
    expect([count, mean]).toEqual([3, 1e9 + 2]);
    expect(sd).toBeCloseTo(1, 9);
    expect(ring.spread(50, 60).count).toBe(0);
  });

  it("draws the lowest and the highest under each pixel, and nothing where nothing came", () => {
    const ring = filled(10, [
      [0, 5],
      [1, 9],
      [2, 7],
      [30, 1],
    ]);
    const low = new Float64Array(4);
    const high = new Float64Array(4);
    ring.columns(0, 40, 4, low, high);
    expect([...low]).toEqual([5, NaN, NaN, 1]);
    expect([...high]).toEqual([9, NaN, NaN, 1]);
  });

  it("is empty at first, and after clearing", () => {
    const ring = filled(2, [[1, 1]]);
    ring.clear();
    expect([ring.length, ring.newest, ring.first(0)]).toEqual([0, -Infinity, 0]);
    expect(ring.highest(0, 10)).toBe(-Infinity);
  });
});
