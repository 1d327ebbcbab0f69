/** What the trials of a session come to together. Pure. */

import type { Trial } from "@/api/lab";
import { metricOf } from "@/lib/force";

/** Repeat if the peaks of two good trials are further apart (Comfort et al. 2019). */
export const APART_N = 250;
const ENOUGH = 2;

export const valueOf = (trial: Trial, key: string): number | null =>
  metricOf(trial.result?.metrics ?? [], key)?.value ?? null;

/** Those that count: accepted by a person. */
export const accepted = (trials: readonly Trial[]): Trial[] =>
  trials.filter((trial) => trial.accepted === true);

/** The one with the highest peak of those accepted. */
export function bestOf(trials: readonly Trial[], key: string): Trial | undefined {
  const ranked = accepted(trials).filter((trial) => valueOf(trial, key) !== null);
  return ranked.toSorted((a, b) => (valueOf(b, key) ?? 0) - (valueOf(a, key) ?? 0))[0];
}

/** What is still to be done, in words. */
export function advice(trials: readonly Trial[]): string {
  const good = accepted(trials);
  if (good.length < ENOUGH)
    return `${good.length} accepted of at least ${ENOUGH}. ${good.length === 0 ? "" : "One more. "}`.trim();
  const peaks = good.flatMap((trial) => valueOf(trial, "peak_force_gross") ?? []).toSorted((a, b) => b - a);
  const [first, second] = peaks;
  if (first !== undefined && second !== undefined && first - second > APART_N)
    return `The two best peaks are ${Math.round(first - second)} N apart, more than ${APART_N} N: repeat.`;
  return `${good.length} accepted, and the two best agree: this is enough.`;
}
