import { describe, expect, it } from "vitest";

import { strengthOf } from "./password";

describe("the strength of a password", () => {
  it.each([
    ["short", 0],
    ["aaaaaaaaaaaa", 1],
    ["abcdefghij", 2],
    ["abcdefghijklm", 3],
    ["Correct horse 42", 4],
  ])("%s: %i", (password, level) => {
    expect(strengthOf(password).level).toBe(level);
  });

  it("says how much is missing", () => {
    expect(strengthOf("7 chars").hint).toBe("1 more character needed");
  });
});
