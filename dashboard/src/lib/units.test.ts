import { describe, expect, it } from "vitest";

import {
  displayScale,
  formatBytes,
  formatNumber,
  formatValue,
  fromCanonical,
  stepFromCanonical,
  stepToCanonical,
  toCanonical,
} from "./units";

const said = (value: number, unit: string, decimals: number) =>
  Object.values(formatValue(value, unit, decimals))
    .join(" ")
    .trim();

describe("a value in display units", () => {
  it.each([
    [283.9, "W", 1, "283.9 W"],
    [999.9, "W", 1, "999.9 W"],
    [1000, "W", 1, "1.000 kW"],
    [-2345.6, "W", 1, "-2.346 kW"],
    [0.152489, "A", 6, "152.49 mA"],
    [0.912, "A", 3, "912 mA"],
    [1.087, "A", 3, "1.087 A"],
    [812345, "Wh", 0, "812.35 kWh"],
    [0, "Wh", 0, "0.000 kWh"],
    [12_345_678, "Wh", 0, "12,345.7 kWh"],
    [101_325, "Pa", 0, "1,013.3 hPa"],
    [0.94, "1", 2, "0.94"],
    [21.5, "°C", 1, "21.5 °C"],
    [3, "furlongs", 0, "3 furlongs"],
  ])("%f %s reads %s %s", (value, unit, decimals, text) => {
    expect(said(value, unit, decimals)).toBe(text);
  });

  it("never shows a negative zero", () => {
    expect(formatNumber(-0.04, 1)).toBe("0.0");
    expect(formatNumber(-0.06, 1)).toBe("-0.1");
  });

  it("chooses one scale for a whole axis by its largest value", () => {
    expect(displayScale("W", 2_000)).toMatchObject({ unit: "kW" });
    expect(displayScale("A", -0.5)).toMatchObject({ unit: "mA" });
  });

  it("counts bytes in steps of 1024", () => {
    expect(formatBytes(0)).toBe("0 B");
    expect(formatBytes(48_234_496)).toBe("46.0 MB");
  });
});

describe("a number that somebody types", () => {
  it.each([
    [2, "W", "kW", 2000],
    [0.1, "W", "kW", 100],
    [50, "°C", "°F", 10],
    [8, "Wh", "kWh", 8000],
    [1013.25, "Pa", "hPa", 101_325],
    [5, "lx", "", 5],
    [7, "W", "parsec", 7],
  ])("%d in %s shown as %s", (shown, unit, display, canonical) => {
    expect(toCanonical(shown, unit, display)).toBe(canonical);
    expect(fromCanonical(canonical, unit, display)).toBe(shown);
  });

  it("as a difference knows no zero", () => {
    expect(stepToCanonical(9, "°C", "°F")).toBe(5);
    expect(stepFromCanonical(5, "°C", "°F")).toBe(9);
  });
});
