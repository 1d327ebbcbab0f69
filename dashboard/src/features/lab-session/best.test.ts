import { describe, expect, it } from "vitest";

import type { Trial } from "@/api/lab";

import { advice, bestOf } from "./best";

const aTrial = (id: string, peak: number | null, accepted: boolean | null): Trial =>
  ({ id, accepted, result: { metrics: [{ key: "peak_force_gross", value: peak }] } }) as unknown as Trial;

describe("the best of a session", () => {
  it("is the highest of those that were accepted", () => {
    const trials = [aTrial("1", 2_100, true), aTrial("2", 2_600, false), aTrial("3", 2_300, true)];
    expect(bestOf(trials, "peak_force_gross")?.id).toBe("3");
  });

  it("is nobody where nothing was accepted, or measured", () => {
    expect(bestOf([aTrial("1", 2_100, null), aTrial("2", null, true)], "peak_force_gross")).toBeUndefined();
  });
});

describe("what is still to be done", () => {
  it("asks for two good trials", () => {
    expect(advice([aTrial("1", 2_100, true)])).toContain("1 accepted of at least 2");
  });

  it("asks for another when the peaks are more than 250 N apart", () => {
    expect(advice([aTrial("1", 2_100, true), aTrial("2", 2_351, true)])).toContain("251 N apart");
    expect(advice([aTrial("1", 2_100, true), aTrial("2", 2_350, true)])).toContain("enough");
  });
});
