import { expect, it } from "vitest";

import { compareVersions, isDowngrade } from "./version";

// The order that Semantic Versioning 2.0 §11 gives as its example.
const RISING = [
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "1.9.0",
  "1.10.0",
  "2.0.0",
];

it("orders versions as the standard does", () => {
  const mixed = [...RISING].reverse();
  expect(mixed.sort((a, b) => compareVersions(a, b) ?? NaN)).toEqual(RISING);
});

it("knows no order for what is written otherwise", () => {
  for (const odd of ["2.1", "v1.0.0", "1.0.0.0", "", null, undefined, "1.0.0-", "01.0.0"])
    expect(compareVersions(odd, "1.0.0")).toBeNull();
});

it("calls only a version that is known to be older a downgrade", () => {
  expect(isDowngrade("1.10.0", "1.9.0")).toBe(true);
  expect(isDowngrade("1.9.0", "1.10.0")).toBe(false);
  expect(isDowngrade("1.0.0", "1.0.0")).toBe(false);
  expect(isDowngrade(undefined, "1.0.0")).toBe(false);
});
