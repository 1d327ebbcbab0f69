import { expect, it } from "vitest";

import type { Installation } from "@/api/types";

import { failuresOf, failureWords } from "./grouped";

const failed = (device: string, reason: string, state: Installation["state"] = "failed") =>
  ({ device_id: device, reason, state }) as Installation;

it("puts failures of one kind together, the most frequent first, with what differs", () => {
  const found = failuresOf([
    failed("1", "it never came back"),
    failed("2", "health: no uplink"),
    failed("3", "health: sensors did not answer"),
    failed("4", "health: sensors did not answer"),
    failed("5", "stopped by ada", "cancelled"),
  ]);
  expect(found.map(failureWords)).toEqual([
    "3 × health check failed: sensors did not answer (2), no uplink (1)",
    "1 × it never came back",
  ]);
  expect(found[0]?.devices).toEqual(["2", "3", "4"]);
});

it("says a detail that all share once, and does not list hundreds", () => {
  expect(
    failureWords({
      what: "health check failed",
      count: 12,
      devices: [],
      details: [{ text: "no power", count: 12 }],
    }),
  ).toBe("12 × health check failed: no power");
  const details = [1, 2, 3, 4].map((n) => ({ text: `d${n}`, count: 1 }));
  expect(failureWords({ what: "x", count: 4, devices: [], details })).toBe(
    "4 × x: d1 (1), d2 (1), d3 (1), …",
  );
});
