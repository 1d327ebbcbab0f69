import { describe, expect, it } from "vitest";

import { edges, moveTo, pan, renewEvery, scale, type View, zoomTo } from "./span";
import { spanWords } from "./spanWords";

const NOW = 1_790_000_000_000;
const MINUTE = 60_000;
const live = (span: number): View => ({ kind: "live", span });
const length = (view: View) => edges(view, NOW)[1] - edges(view, NOW)[0];

describe("the time a chart shows", () => {
  it("moves back from the present and stays there", () => {
    const back = pan(live(10 * MINUTE), NOW, -0.5);
    expect(back).toEqual({ kind: "fixed", from: NOW - 15 * MINUTE, to: NOW - 5 * MINUTE });
  });

  it("is live again when it reaches the present", () => {
    const back = pan(live(10 * MINUTE), NOW, -0.5);
    expect(pan(back, NOW, 0.5)).toEqual(live(10 * MINUTE));
  });

  it("keeps its right edge while live and its middle while fixed", () => {
    expect(scale(live(10 * MINUTE), NOW, 2)).toEqual(live(20 * MINUTE));
    const fixed: View = { kind: "fixed", from: NOW - 40 * MINUTE, to: NOW - 20 * MINUTE };
    expect(scale(fixed, NOW, 0.5)).toEqual({ kind: "fixed", from: NOW - 35 * MINUTE, to: NOW - 25 * MINUTE });
  });

  it("never shrinks to nothing nor grows beyond sense", () => {
    expect(length(scale(live(6_000), NOW, 0.001))).toBe(5_000);
    expect(length(scale(live(10 * MINUTE), NOW, 1e9))).toBe(20 * 365 * 86_400_000);
    expect(length(zoomTo(NOW - 100, NOW - 99, NOW))).toBe(5_000);
  });

  it("stands still on a piece somebody picked, even at the right edge", () => {
    expect(zoomTo(NOW - MINUTE, NOW, NOW)).toEqual({ kind: "fixed", from: NOW - MINUTE, to: NOW });
  });

  it("follows the present once fingers moved it there", () => {
    expect(moveTo(NOW - MINUTE, NOW + 1000, NOW)).toEqual({ kind: "live", span: MINUTE + 1000 });
    expect(moveTo(NOW - 2 * MINUTE, NOW - MINUTE, NOW).kind).toBe("fixed");
  });

  it("is renewed often when short and seldom when long", () => {
    expect(renewEvery(15 * MINUTE)).toBe(15_000);
    expect(renewEvery(MINUTE)).toBe(10_000);
    expect(renewEvery(365 * 86_400_000)).toBe(5 * MINUTE);
  });

  it("is said in words", () => {
    expect(spanWords(live(15 * MINUTE))).toBe("Last 15 minutes, live");
    expect(spanWords(live(30 * MINUTE))).toBe("Last 30 min, live");
    expect(spanWords({ kind: "fixed", from: NOW - MINUTE, to: NOW })).toContain(" to ");
  });
});
