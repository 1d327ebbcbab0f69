import { describe, expect, it } from "vitest";

import { timeLabels, valueLabels, valueRange } from "./axes";
import { dataOf } from "./data";
import { type ChartSeries, panelsOf } from "./series";

const series = (id: string, unit: string, kind: ChartSeries["kind"] = "gauge"): ChartSeries => ({
  id,
  label: id,
  unit,
  decimals: 1,
  kind,
  columns: { widthMs: 10, t: [0, 10], count: [1, 1], min: [1, 2], max: [3, 4], mean: [2, 3] },
  ...(kind === "counter" ? { increase: [5, 6] } : {}),
});

describe("labels of the value axis", () => {
  it("are all in one display unit, with no more decimals than the step needs", () => {
    expect(valueLabels([0, 500, 1000, 1500], "W")).toEqual(["0.0 kW", "0.5 kW", "1.0 kW", "1.5 kW"]);
    expect(valueLabels([0, 100, 200], "W")).toEqual(["0 W", "100 W", "200 W"]);
    expect(valueLabels([0, 0.05, 0.1], "A")).toEqual(["0 mA", "50 mA", "100 mA"]);
  });
});

describe("labels of the time axis", () => {
  it("show the day at midnight and the time elsewhere", () => {
    const midnight = new Date(2026, 10, 21).getTime();
    const [first, second] = timeLabels([midnight, midnight + 3_600_000], 3_600_000);
    expect(first).toContain("Nov");
    expect(second).toContain("01:00");
  });
});

describe("the value axis", () => {
  it("starts at zero when the values come near it, else hugs them", () => {
    expect(valueRange("gauge", 20, 2000)[0]).toBe(0);
    expect(valueRange("gauge", 228, 232)[0]).toBeGreaterThan(227);
    expect(valueRange("gauge", -5, 5)[0]).toBeLessThan(-5);
  });

  it("has height even for one value or none", () => {
    expect(valueRange("gauge", null, null)).toEqual([0, 1]);
    const [low, high] = valueRange("gauge", 230, 230);
    expect(Number(high) - Number(low)).toBeGreaterThan(0);
    expect(valueRange("counter", 0, 0)).toEqual([0, 0.08]);
  });

  it("of a state spans off and on", () => {
    expect(valueRange("state", 1, 1)).toEqual([-0.1, 1.1]);
  });
});

describe("panels", () => {
  it("hold the channels of one unit and one way of drawing", () => {
    const panels = panelsOf([series("power", "W"), series("energy", "Wh", "counter"), series("solar", "W")]);
    expect(panels.map((panel) => panel.series.map(({ id }) => id))).toEqual([["power", "solar"], ["energy"]]);
  });

  it("draw a gauge as mean, max and min, and a counter as its increase", () => {
    const [gauge, counter] = panelsOf([series("power", "W"), series("energy", "Wh", "counter")]);
    expect(gauge && dataOf(gauge)).toEqual([
      [0, 10],
      [2, 3],
      [3, 4],
      [1, 2],
    ]);
    expect(counter && dataOf(counter)).toEqual([
      [0, 10],
      [5, 6],
    ]);
  });
});
