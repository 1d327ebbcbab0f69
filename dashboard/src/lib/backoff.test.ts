import { describe, expect, it } from "vitest";

import { backoff } from "./backoff";

describe("waiting before the next attempt", () => {
  it("doubles up to half a minute", () => {
    expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([500, 1000, 2000, 4000]);
    expect(backoff(50, 1)).toBe(30_000);
  });

  it("is spread over the upper half, so that not everyone comes at once", () => {
    expect(backoff(2, 0)).toBe(1000);
    expect(backoff(2, 0.5)).toBe(1500);
  });
});
