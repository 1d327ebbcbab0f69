import { expect, it } from "vitest";

import { anOutput } from "@/testing/builders";

import { keptOn, moved, renumbered, shedOrder } from "./order";

const ranked = (id: string, priority: number | null) =>
  anOutput({ id, name: `O${id}`, options: { ...anOutput().options, priority } });
const outputs = [ranked("1", 30), ranked("2", null), ranked("3", 5), ranked("4", 30)];

it("sheds the lowest number first, and those without one never", () => {
  expect(shedOrder(outputs).map(({ id }) => id)).toEqual(["3", "1", "4"]);
  expect(keptOn(outputs).map(({ id }) => id)).toEqual(["2"]);
});

it("changes only what is not in its place", () => {
  const changes = renumbered(["1", "3"], [ranked("1", 10), ranked("3", 5)]);
  expect(changes.map(({ output, priority }) => [output.id, priority])).toEqual([["3", 20]]);
});

it("keeps many within the numbers there are", () => {
  const many = Array.from({ length: 300 }, (_, n) => ranked(String(n), null));
  const numbers = renumbered(
    many.map(({ id }) => id),
    many,
  ).map(({ priority }) => priority);
  expect(new Set(numbers).size).toBe(300);
  expect(Math.max(...numbers)).toBeLessThanOrEqual(1000);
});

it("moves one past its neighbour, and none past the end", () => {
  expect(moved(["a", "b", "c"], 1, -1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});
