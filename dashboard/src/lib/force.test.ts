import { describe, expect, it } from "vitest";

import { missingLines, missingWords } from "./force";

const gap = { kind: "gap", start: 1_000, end: 1_031, detail: "30 samples" };
const link = { kind: "link", start: 1_000, end: 3_500, detail: "the device was not connected" };

describe("what a trial does not hold", () => {
  it("says for how long, in a unit that shows it", () => {
    expect(missingWords(gap)).toBe("Samples are missing for 31 ms: 30 samples.");
    expect(missingWords(link)).toContain("for 2.5 s");
    expect(missingWords({ ...link, end: null })).toBe(
      "The connection was lost: the device was not connected.",
    );
  });

  it("says that nothing could be stored, and why", () => {
    const full = { kind: "storage", start: 1_000, end: 5_200, detail: "the disk is full" };
    expect(missingWords(full)).toBe("The server could not store what came for 4.2 s: the disk is full.");
    expect(missingWords({ ...full, end: null })).toBe(
      "The server could not store what came: the disk is full.",
    );
  });

  it("says of times of arrival that they are, not for how long", () => {
    const text = missingWords({
      kind: "clock",
      start: 1_000,
      end: 9_000,
      detail: "times are those of arrival",
    });
    expect(text).toBe("The device told no time of its own that can be used: times are those of arrival.");
  });

  it("is said once, though both channels miss it", () => {
    expect(missingLines([gap, gap, link], false)).toHaveLength(2);
  });

  it("is left to the quality checks where there are any, but for what they cannot see", () => {
    const cut = { ...gap, detail: "nothing after this" };
    expect(missingLines([gap, link, cut], true)).toEqual([missingWords(link), missingWords(cut)]);
  });
});
