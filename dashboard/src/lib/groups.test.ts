import { expect, it } from "vitest";

import { groupsOf, isSame, tidied } from "./groups";

it("knows a group for as long as a device is in it", () => {
  expect(groupsOf([{ groups: ["Upper floor", "Cellar"] }, { groups: [] }, { groups: ["Cellar"] }])).toEqual([
    "Cellar",
    "Upper floor",
  ]);
  expect(groupsOf([])).toEqual([]);
});

it("takes what was typed as the server keeps it", () => {
  expect(tidied(["  Upper   floor ", "Upper floor", " "])).toEqual(["Upper floor"]);
  expect(tidied(["x".repeat(80)])).toEqual(["x".repeat(64)]);
});

it("minds which groups there are, not their order", () => {
  expect(isSame(["a", "b"], ["b", "a"])).toBe(true);
  expect(isSame(["a"], ["a", "b"])).toBe(false);
});
