/** Shaping of a channel's columns for the canvas. Pure. Times are ms; a bucket is named by its start. */

/** One channel folded into buckets of `widthMs`; empty buckets are absent. */
export interface Columns {
  widthMs: number;
  t: readonly number[];
  count: readonly number[];
  min: readonly number[];
  max: readonly number[];
  mean: readonly number[];
}

export type Point = readonly [t: number, value: number];

/** A value to draw, `null` where the line must break, `undefined` where this channel just has no point. */
export type Cell = number | null | undefined;

/** `columns` with newer points folded in. Points before the last bucket are late and left to the server. */
export function withTail(columns: Columns, tail: readonly Point[]): Columns {
  const { widthMs } = columns;
  const t = [...columns.t];
  const count = [...columns.count];
  const min = [...columns.min];
  const max = [...columns.max];
  const mean = [...columns.mean];
  for (const [at, value] of tail) {
    const last = t.length - 1;
    const start = t[last];
    if (start !== undefined && at < start) continue;
    if (start === undefined || at >= start + widthMs) {
      t.push(start === undefined ? at : start + Math.floor((at - start) / widthMs) * widthMs);
      count.push(1);
      min.push(value);
      max.push(value);
      mean.push(value);
      continue;
    }
    const n = count[last] ?? 0;
    const mid = mean[last] ?? value;
    count[last] = n + 1;
    min[last] = Math.min(min[last] ?? value, value);
    max[last] = Math.max(max[last] ?? value, value);
    mean[last] = mid + (value - mid) / (n + 1);
  }
  return { widthMs, t, count, min, max, mean };
}

// An outage is several times the usual spacing. The 90th percentile is usual: a few outages do not move it.
const USUAL = 0.9;
const GAP_FACTOR = 3;

/** The longest distance between two points that is still one line. */
export function longestStep(t: readonly number[], widthMs: number): number {
  const steps = t.slice(1).map((at, index) => at - (t[index] ?? at));
  if (steps.length === 0) return widthMs * GAP_FACTOR;
  const usual = steps.toSorted((a, b) => a - b)[Math.floor((steps.length - 1) * USUAL)] ?? widthMs;
  return Math.max(usual, widthMs) * GAP_FACTOR;
}

/** Instants where the line of these points must break, one inside each gap. */
export function breaks(t: readonly number[], widthMs: number): number[] {
  const longest = longestStep(t, widthMs);
  return t.slice(1).flatMap((at, index) => {
    const before = t[index] ?? at;
    return at - before > longest ? [before + widthMs] : [];
  });
}

export interface Row {
  t: readonly number[];
  /** Where the line breaks, as `breaks` says. */
  gaps: readonly number[];
  values: readonly number[];
}

/** All rows on one common time axis: the union of their instants. */
export function align(rows: readonly Row[]): { t: number[]; cells: Cell[][] } {
  const t = [...new Set(rows.flatMap((row) => [...row.t, ...row.gaps]))].sort((a, b) => a - b);
  const place = new Map(t.map((at, index) => [at, index]));
  const cells = rows.map((row) => {
    const line: Cell[] = new Array<Cell>(t.length).fill(undefined);
    for (const at of row.gaps) line[place.get(at) ?? -1] = null;
    row.t.forEach((at, index) => (line[place.get(at) ?? -1] = row.values[index]));
    return line;
  });
  return { t, cells };
}

/** Places of points that no line reaches, because the line breaks on both sides; they are drawn as dots. */
export function isolated(line: readonly Cell[]): number[] {
  const known = line.flatMap((cell, index) => (cell === undefined ? [] : [index]));
  const isPoint = (place: number | undefined) => place !== undefined && typeof line[place] === "number";
  return known.filter(
    (place, index) => isPoint(place) && !isPoint(known[index - 1]) && !isPoint(known[index + 1]),
  );
}
