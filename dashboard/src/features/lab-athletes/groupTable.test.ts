import { describe, expect, it } from "vitest";

import { cell, csvOf, lastScores } from "./groupTable";

const score = (subject_id: string | null, at: number, best: number) => ({
  subject_id,
  at,
  best,
  mean: best - 1,
});

it("takes everybody's newest session", () => {
  const found = lastScores([
    score("1", 20, 900),
    score("1", 10, 950),
    score("2", 5, 700),
    score(null, 30, 1),
  ]);
  expect([...found]).toEqual([
    ["1", 900],
    ["2", 700],
  ]);
  expect(lastScores([score("1", 20, 900)], "mean").get("1")).toBe(899);
});

describe("the table as a file", () => {
  it("leaves a cell empty where nothing was measured", () => {
    const columns = [{ label: "Peak force, net", unit: "N", scores: new Map([["1", -3.5]]) }];
    const subjects = [
      { id: "1", pseudonym: "S-001", body_mass_kg: 81.5 },
      { id: "2", pseudonym: "S-002", body_mass_kg: null },
    ];
    expect(csvOf(subjects, columns)).toBe(
      'athlete,body mass (kg),"Peak force, net (N)"\r\nS-001,81.5,-3.5\r\nS-002,,\r\n',
    );
  });

  it("is no way to smuggle in a formula", () => {
    expect(cell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`);
    expect(cell("S-001")).toBe("S-001");
  });
});
