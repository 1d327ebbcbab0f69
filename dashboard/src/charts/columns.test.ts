import { describe, expect, it } from "vitest";

import { align, breaks, type Columns, isolated, longestStep, withTail } from "./columns";

const columns = (t: number[], value = 1, widthMs = 10): Columns => ({
  widthMs,
  t,
  count: t.map(() => 1),
  min: t.map(() => value),
  max: t.map(() => value),
  mean: t.map(() => value),
});

describe("live points behind stored columns", () => {
  it("join the last bucket or open new ones on its grid", () => {
    const joined = withTail(columns([100, 110], 4), [
      [112, 8],
      [135, 5],
      [139, 7],
    ]);
    expect(joined.t).toEqual([100, 110, 130]);
    expect(joined.min).toEqual([4, 4, 5]);
    expect(joined.max).toEqual([4, 8, 7]);
    expect(joined.mean).toEqual([4, 6, 6]);
    expect(joined.count).toEqual([1, 2, 2]);
  });

  it("that are late are left to the server", () => {
    expect(withTail(columns([100, 110], 4), [[105, 99]])).toMatchObject({ t: [100, 110], max: [4, 4] });
  });

  it("begin a chart that was empty", () => {
    expect(withTail(columns([]), [[123, 5]])).toMatchObject({ t: [123], mean: [5] });
  });

  it("leave what they were given as it was", () => {
    const stored = columns([100], 4);
    withTail(stored, [[101, 9]]);
    expect(stored.max).toEqual([4]);
  });
});

describe("gaps", () => {
  const steady = Array.from({ length: 20 }, (_, index) => index * 1000);

  it("are several times the usual spacing, not merely wider than a bucket", () => {
    expect(longestStep(steady, 10)).toBe(3000);
    expect(breaks(steady, 10)).toEqual([]);
  });

  it("break the line once, just behind the last point before them", () => {
    const withOutage = [...steady, 60_000, 61_000];
    expect(breaks(withOutage, 10)).toEqual([19_010]);
  });

  it("are no gaps where buckets are wide and one is empty", () => {
    expect(breaks([0, 100, 300, 400], 100)).toEqual([]);
  });

  it("need two points", () => {
    expect(breaks([], 10)).toEqual([]);
    expect(breaks([5], 10)).toEqual([]);
  });
});

describe("rows on one time axis", () => {
  it("keep a break and a missing point apart", () => {
    const { t, cells } = align([
      { t: [10, 30], gaps: [20], values: [1, 2] },
      { t: [10, 25], gaps: [], values: [7, 8] },
    ]);
    expect(t).toEqual([10, 20, 25, 30]);
    expect(cells).toEqual([
      [1, null, undefined, 2],
      [7, undefined, 8, undefined],
    ]);
  });

  it("of nothing is nothing", () => {
    expect(align([])).toEqual({ t: [], cells: [] });
  });
});

describe("points that no line reaches", () => {
  it("have a break or an end on both sides, whatever other channels have there", () => {
    expect(isolated([5])).toEqual([0]);
    expect(isolated([1, 2, null, undefined, 3, undefined, null, 4, 5])).toEqual([4]);
    expect(isolated([1, undefined, 2])).toEqual([]);
  });
});
