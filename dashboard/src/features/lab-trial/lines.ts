/** A trial's columns as lines of a chart, ms from an instant. Pure. */

import type { Run, TrialColumn, TrialData } from "@/api/lab";
import { type ForceLine, sumOf } from "@/charts/force/line";
import { bySide, capital } from "@/lib/force";

const middle = ({ value, min, max }: TrialColumn): number[] =>
  value ?? (min ?? []).map((low, index) => (low + (max?.[index] ?? low)) / 2);

/** `originUs`: the instant that is 0 on the axis. */
export function linesOf(data: TrialData, originUs: number): ForceLine[] {
  const shift = (data.start_us - originUs) / 1000;
  const sides = bySide(data.channels).map((column) => ({
    id: column.channel_id,
    label: capital(column.key),
    t: column.t_us.map((us) => us / 1000 + shift),
    value: middle(column),
  }));
  const total = sumOf(sides, "Total");
  return total === null ? sides : [...sides, total];
}

/** Only the total; with one channel that channel. */
export const totalOf = (data: TrialData, originUs: number): ForceLine | null =>
  linesOf(data, originUs).at(-1) ?? null;

/** When a run says the pull began, µs; null when it found none. */
export const onsetOf = (run: Run | null | undefined): number | null =>
  run?.marks.find(({ key }) => key === "onset")?.t_us ?? null;

export const markOf = (run: Run | null | undefined, key: string): number | null =>
  run?.marks.find((mark) => mark.key === key)?.t_us ?? null;

/** Where the parameters of a run count from, µs. */
export const originOf = (run: Run, otherwise: number): number =>
  typeof run.settings.origin_us === "number" ? run.settings.origin_us : otherwise;

const SPAN_BEFORE = 400;
const SPAN_AFTER = 900;

/** The part of the trial that the early metrics are about. */
export const earlySpan = (onset: number, start: number, end: number) => ({
  from: Math.max(start, onset - SPAN_BEFORE),
  to: Math.min(end, onset + SPAN_AFTER),
});
