import { describe, expect, it } from "vitest";

import type { Trial } from "@/api/lab";

import { advance, count, type Event, isBusy, START, type Step } from "./steps";

const weighed = { mean: 780, sd: 2 };
const trial = { id: "7" } as Trial;
const through = (...events: Event[]): Step => events.reduce((step, event) => advance(step, event), START);
const TO_PULL: Event[] = [
  { type: "weighed", weighed },
  { type: "start" },
  { type: "started", trial: "7", now: 1_000 },
  { type: "tick", now: 4_000 },
];

describe("a guided trial", () => {
  it("goes from weighing to the result", () => {
    expect(through(...TO_PULL)).toEqual({ name: "pull", weighed, trial: "7", since: 4_000, endAt: 9_000 });
    const over = through(...TO_PULL, { type: "tick", now: 9_010 });
    expect(over).toEqual({ name: "settling", weighed, trial: "7", endedAt: 9_010 });
    expect(advance(over, { type: "settled", trial, now: 9_200 })).toEqual({
      name: "result",
      weighed,
      trial,
      tookMs: 190,
    });
  });

  it("does not pull before its time", () => {
    const counting = through(...TO_PULL.slice(0, 3), { type: "tick", now: 3_999 });
    expect(counting.name).toBe("countdown");
    expect(advance(counting, { type: "stop", now: 3_999 })).toBe(counting);
  });

  it("keeps the weight for the next trial, unless somebody weighs again", () => {
    const result = through(...TO_PULL, { type: "stop", now: 6_000 }, { type: "settled", trial, now: 6_100 });
    expect(advance(result, { type: "next" })).toEqual({ name: "ready", weighed, trouble: null });
    expect(advance(advance(result, { type: "overview" }), { type: "next" })).toEqual({
      name: "ready",
      weighed,
      trouble: null,
    });
    expect(advance(result, { type: "reweigh" })).toEqual({ name: "weigh" });
  });

  it("says who was quicker, and is ready again", () => {
    const refused = through(
      { type: "weighed", weighed },
      { type: "start" },
      { type: "refused", why: "ada started trial 2" },
    );
    expect(refused).toEqual({ name: "ready", weighed, trouble: "ada started trial 2" });
  });

  it("takes only the answer of its own trial", () => {
    const settling = through(...TO_PULL, { type: "stop", now: 6_000 });
    const other = { id: "8" } as Trial;
    expect(advance(settling, { type: "settled", trial: other, now: 6_100 })).toBe(settling);
  });

  it("starts once, however often the key is pressed", () => {
    const starting = through({ type: "weighed", weighed }, { type: "start" });
    expect(advance(starting, { type: "start" })).toBe(starting);
    expect(isBusy(starting)).toBe(true);
    expect(advance(starting, { type: "overview" })).toBe(starting);
  });
});

it("counts down in whole seconds", () => {
  expect([0, 1, 999, 1_000, 2_500, 3_000, 3_200].map((now) => count(3_000, now))).toEqual([
    3, 3, 3, 2, 1, 0, 0,
  ]);
});
