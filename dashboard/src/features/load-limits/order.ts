/** Which outputs a load limit may switch off, and in which order. */

import type { Output } from "@/api/types";

/** Those with a priority, the one that goes first at the front. */
export const shedOrder = (outputs: readonly Output[]): Output[] =>
  outputs
    .filter(({ options }) => options.priority != null)
    .toSorted((a, b) => (a.options.priority ?? 0) - (b.options.priority ?? 0) || Number(a.id) - Number(b.id));

/** The others, which are never switched off. */
export const keptOn = (outputs: readonly Output[]): Output[] =>
  outputs.filter(({ options }) => options.priority == null).toSorted((a, b) => a.name.localeCompare(b.name));

const STEP = 10;
const HIGHEST = 1000;

/** Priorities that bring `ids` into this order: each output whose own must change, with what it becomes. */
export function renumbered(
  ids: readonly string[],
  outputs: readonly Output[],
): { output: Output; priority: number }[] {
  const step = Math.min(STEP, Math.floor(HIGHEST / Math.max(ids.length, 1)));
  return ids.flatMap((id, place) => {
    const output = outputs.find((one) => one.id === id);
    const priority = (place + 1) * step;
    return output === undefined || output.options.priority === priority ? [] : [{ output, priority }];
  });
}

/** The same ids with one of them moved up (-1) or down (+1). */
export function moved(ids: readonly string[], place: number, by: -1 | 1): string[] {
  const [one, other] = [ids[place], ids[place + by]];
  if (one === undefined || other === undefined) return [...ids];
  return ids.with(place, other).with(place + by, one);
}
