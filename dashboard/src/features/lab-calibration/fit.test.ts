import { describe, expect, it } from "vitest";

import { fitOf, GRAVITY, lacking } from "./fit";

const at = (massKg: number, counts: number) => ({ massKg, counts, sd: 1 });
const line = (massKg: number) => at(massKg, -12_700 + (massKg * GRAVITY) / 0.001);

describe("a line through known masses", () => {
  it("finds zero and slope", () => {
    const fit = fitOf([line(0), line(20), line(40)]);
    expect(fit?.newtonsPerCount).toBeCloseTo(0.001, 9);
    expect(fit?.zeroCounts).toBeCloseTo(-12_700, 3);
    expect(fit?.worstPercent).toBeCloseTo(0, 6);
  });

  it("shows how far a point is off", () => {
    const off = fitOf([line(0), { ...line(20), counts: line(20).counts + 3_000 }, line(40)]);
    expect(off?.residuals.map((one) => Math.round(one * 10) / 10)).toEqual([-1, 2, -1]);
  });

  it("is nothing with one mass, or with a cell that does not move", () => {
    expect(fitOf([line(20), line(20)])).toBeNull();
    expect(fitOf([at(0, 5), at(20, 5)])).toBeNull();
  });
});

it("says what is missing before saving", () => {
  expect(lacking("tare", [])).not.toBeNull();
  expect(lacking("tare", [line(0)])).toBeNull();
  expect(lacking("two-point", [line(0), line(0)])).not.toBeNull();
  expect(lacking("two-point", [line(0), line(20)])).toBeNull();
  expect(lacking("multi-point", [line(0), line(20)])).not.toBeNull();
});
