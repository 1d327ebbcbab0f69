import { expect, it } from "vitest";

import { joinLink, sharedWith } from "./invite";

it("puts the token where no server sees it", () => {
  const link = joinLink("http://192.168.1.5:8000", "ohi_a-b_c");
  expect(link).toBe("http://192.168.1.5:8000/join#ohi_a-b_c");
  expect(new URL(link).pathname).toBe("/join");
  expect(new URL(link).hash).toBe("#ohi_a-b_c");
});

it("shares devices with viewers only", () => {
  expect(sharedWith("viewer", ["1"])).toEqual(["1"]);
  expect(sharedWith("operator", ["1"])).toEqual([]);
});
