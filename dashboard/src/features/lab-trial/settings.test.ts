import { describe, expect, it } from "vitest";

import { badSettings, type Parameter, settingsOf } from "./settings";

const parameter = (given: Partial<Parameter>): Parameter => ({
  key: "weigh_s",
  label: "",
  default: 1,
  unit: "s",
  lowest: 1,
  highest: 10,
  choices: [],
  note: "",
  ...given,
});
const parameters = [
  parameter({}),
  parameter({ key: "onset", default: "5sd", choices: ["5sd", "manual"] }),
  parameter({ key: "onset_ms", default: null, lowest: 0, highest: null }),
  parameter({ key: "swap_sides", default: false }),
];

it("goes from texts to what the analysis takes", () => {
  const texts = { weigh_s: "1,5", onset: "manual", onset_ms: "", swap_sides: "true" };
  expect(badSettings(parameters, texts)).toEqual([]);
  expect(settingsOf(parameters, texts)).toEqual({
    weigh_s: 1.5,
    onset: "manual",
    onset_ms: null,
    swap_sides: true,
  });
});

describe("what cannot be taken", () => {
  it("is named before it is sent", () => {
    expect(badSettings(parameters, { weigh_s: "", onset: "5sd", onset_ms: "-1", swap_sides: "" })).toEqual([
      "weigh_s",
      "onset_ms",
    ]);
    expect(badSettings(parameters, { weigh_s: "11" })).toEqual(["weigh_s"]);
    expect(badSettings(parameters, { weigh_s: "soon" })).toEqual(["weigh_s"]);
  });
});
