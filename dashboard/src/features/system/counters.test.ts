import { expect, it } from "vitest";

import { unknown, whatCame, whatWasLost } from "./counters";

const counters = { messages: 12, samples: 60, duplicates: 0, rejected: 3, busy: 0, comets: 1 };

it("says what came, and of the losses only those that happened", () => {
  expect(whatCame(counters).map(({ name, count }) => [name, count])).toEqual([
    ["Messages", 12],
    ["Samples", 60],
    ["Repeated", 0],
  ]);
  expect(whatWasLost(counters).map(({ name }) => name)).toEqual(["Rejected samples"]);
});

it("shows a counter of a newer server, too", () => {
  expect(unknown(counters)).toEqual([["comets", 1]]);
});
