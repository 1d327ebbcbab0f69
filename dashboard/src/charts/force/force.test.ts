import { describe, expect, it } from "vitest";

import { instantUnder, moved, parameterOf, shareOf, zoomed } from "./drag";
import { aligned, type ForceLine, interpolate, sumOf } from "./line";

const line = (t: number[], value: number[], id = "left"): ForceLine => ({ id, label: id, t, value });
const span = { from: 1_000, to: 3_000 };

describe("the onset line", () => {
  it("lies where its instant is, and back", () => {
    expect(shareOf(1_500, span)).toBe(0.25);
    expect(instantUnder(200, 800, span)).toBe(1_500);
  });

  it("stays in the plot, however far the pointer goes", () => {
    expect(instantUnder(-50, 800, span)).toBe(1_000);
    expect(instantUnder(900, 800, span)).toBe(3_000);
    expect(instantUnder(10, 0, span)).toBe(3_000);
  });

  it("moves by 1 ms, with shift by 10 ms", () => {
    expect(moved(1_500, "ArrowRight", false, span)).toBe(1_501);
    expect(moved(1_500, "ArrowLeft", true, span)).toBe(1_490);
    expect(moved(1_000, "ArrowLeft", false, span)).toBe(1_000);
    expect(moved(1_500, "End", false, span)).toBe(3_000);
    expect(moved(1_500, "a", false, span)).toBeNull();
  });

  it("is told to the analysis from the first sample on, to the microsecond", () => {
    expect(parameterOf(1_500.0004, 200)).toBe(1_300);
    expect(parameterOf(100, 200)).toBe(0);
  });
});

describe("zooming", () => {
  it("keeps the moment of interest where it is", () => {
    const near = zoomed(span, 1_500, 0.5, span);
    expect(near).toEqual({ from: 1_250, to: 2_250 });
    expect(shareOf(1_500, near)).toBe(shareOf(1_500, span));
  });

  it("never leaves the trial", () => {
    expect(zoomed({ from: 2_000, to: 3_000 }, 2_900, 4, span)).toEqual(span);
    expect(zoomed({ from: 2_000, to: 3_000 }, 2_900, 1.5, span)).toEqual({ from: 1_500, to: 3_000 });
  });
});

describe("the total", () => {
  it("is taken on the instants of the left, the right interpolated", () => {
    const total = sumOf([line([0, 1, 2], [1, 2, 3]), line([0.5, 1.5, 2.5], [10, 20, 30], "right")], "Total");
    expect(total?.t).toEqual([1, 2]);
    expect(total?.value).toEqual([17, 28]);
  });

  it("is nothing where only one side was measured", () => {
    expect(sumOf([line([0], [1])], "Total")).toBeNull();
  });

  it("is not made up outside the samples", () => {
    expect(interpolate([0, 1], [5, 7], 1.1)).toBeNull();
    expect(interpolate([0, 1], [5, 7], 0.5)).toBe(6);
  });
});

describe("a gap", () => {
  it("breaks the line instead of bridging it", () => {
    const [t, values] = aligned([line([0, 1, 2, 3, 50, 51], [1, 1, 1, 1, 9, 9])]);
    expect(t).toContain(26.5);
    expect(values?.[t.indexOf(26.5)]).toBeNull();
  });
});
