import { expect, it } from "vitest";

import { countWords, shares, standing, total } from "./rollouts";

const stopped = (reason: string | null, more = {}) =>
  standing({ state: "stopped", wave: 0, reason, sizes: [10, 40, 150], ...more });

it("tells why a rollout stopped by itself", () => {
  expect(stopped("wave 1: 2 of 10 failed (20%; it stops at 10%)")).toBe(
    "It stopped by itself in the first wave: 2 of 10 devices failed (20 %), and it stops at 10 %.",
  );
  expect(stopped("wave 2: 1 of 1 failed (100%; it stops at 10%)", { wave: 1, sizes: [1, 1] })).toContain(
    "in the second wave: 1 of 1 device failed",
  );
  expect(stopped("its time was up", { wave: 2 })).toBe(
    "It stopped by itself in the third wave: its deadline had passed.",
  );
  expect(stopped("the key that signed it is not trusted any more", { sizes: [3] })).toBe(
    "It stopped by itself in the only wave: the key that signed it is not trusted any more.",
  );
});

it("does not claim that it stopped by itself when somebody stopped it", () => {
  expect(stopped("stopped by ada")).toBe("Stopped by ada, in the first wave.");
  expect(standing({ state: "paused", wave: 0, reason: "paused by ada", sizes: [1] })).toBe(
    "Paused by ada: nobody new is offered it; what is under way goes on.",
  );
  expect(standing({ state: "running", wave: 0, reason: null, sizes: [1] })).toBeNull();
});

it("counts each device once, in one piece of the bar", () => {
  const counts = {
    planned: 1,
    offered: 2,
    downloading: 3,
    proving: 1,
    confirmed: 4,
    failed: 1,
    cancelled: 2,
  };
  expect(shares(counts)).toEqual([
    { kind: "updated", count: 4 },
    { kind: "failed", count: 1 },
    { kind: "moving", count: 6 },
    { kind: "left", count: 2 },
    { kind: "waiting", count: 1 },
  ]);
  expect(countWords(total([{ confirmed: 2 }, { confirmed: 1, failed: 1 }]))).toBe(
    "4 devices: 3 updated, 1 failed",
  );
  expect(countWords({})).toBe("0 devices");
});
