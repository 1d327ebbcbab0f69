import { expect, it } from "vitest";

import type { TrialData } from "@/api/lab";

import { byUnit, extent, linesOf } from "./lines";

const data: TrialData = {
  trial_id: "4",
  start_us: 5_000_000,
  end_us: 7_000_000,
  channels: [
    { channel_id: "1", key: "power", label: "Power", unit: "W", t_us: [0, 1_500_000], value: [3, 5] },
    { channel_id: "2", key: "current", label: "Current", unit: "A", t_us: [0], min: [1], max: [2] },
  ],
};

it("lays recordings over each other from their beginnings, unit by unit", () => {
  const lines = linesOf(data, "Fridge");
  expect(lines.map(({ label, t, value }) => [label, t, value])).toEqual([
    ["Fridge: Power", [0, 1_500], [3, 5]],
    ["Fridge: Current", [0], [1.5]],
  ]);
  expect(byUnit(lines).map(([unit, own]) => [unit, own.length])).toEqual([
    ["W", 1],
    ["A", 1],
  ]);
  expect(extent(lines)).toEqual({ from: 0, to: 1_500 });
  expect(extent([])).toEqual({ from: 0, to: 1 });
});
