/** Force over time, shaped for the canvas. Pure. Times are ms from an origin that the page chooses. */

export interface ForceLine {
  id: string;
  label: string;
  t: readonly number[];
  value: readonly number[];
}

/** The value at `at`, on the straight line between two samples; null outside. */
export function interpolate(t: readonly number[], value: readonly number[], at: number): number | null {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((t[middle] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  const after = t[low];
  if (after === undefined) return null;
  if (after === at) return value[low] ?? null;
  const before = t[low - 1];
  if (before === undefined) return null;
  const from = value[low - 1] ?? NaN;
  return from + (((value[low] ?? NaN) - from) * (at - before)) / (after - before);
}

/** The sum of all lines on the instants of the first, as the analysis does it; without what lies outside another. */
export function sumOf(lines: readonly ForceLine[], label: string): ForceLine | null {
  const [first, ...others] = lines;
  if (first === undefined || others.length === 0) return null;
  const t: number[] = [];
  const value: number[] = [];
  first.t.forEach((at, index) => {
    let sum: number | null = first.value[index] ?? null;
    for (const other of others) {
      const added: number | null =
        other.t[index] === at ? (other.value[index] ?? null) : interpolate(other.t, other.value, at);
      sum = sum === null || added === null ? null : sum + added;
    }
    if (sum === null) return;
    t.push(at);
    value.push(sum);
  });
  return { id: "total", label, t, value };
}

type Cell = number | null | undefined;

// This many usual distances without a sample: the line breaks, for nobody knows what was there.
const GAP_FACTOR = 5;

/** All lines on the union of their instants, with `null` where a line has a gap. */
export function aligned(lines: readonly ForceLine[]): [number[], ...Cell[][]] {
  const first = lines[0];
  if (first === undefined) return [[]];
  const shared = lines.every(
    ({ t }) => t === first.t || (t.length === first.t.length && t.every((at, i) => at === first.t[i])),
  );
  if (shared && !hasGap(first.t)) return [[...first.t], ...lines.map(({ value }) => [...value])];
  const holes = lines.map(({ t }) => gapsOf(t));
  const axis = [...new Set([...lines.flatMap(({ t }) => t), ...holes.flat()])].sort((a, b) => a - b);
  const place = new Map(axis.map((at, index) => [at, index]));
  const rows = lines.map(({ t, value }, row) => {
    const cells: Cell[] = new Array<Cell>(axis.length).fill(undefined);
    for (const at of holes[row] ?? []) cells[place.get(at) ?? 0] = null;
    t.forEach((at, index) => (cells[place.get(at) ?? 0] = value[index]));
    return cells;
  });
  return [axis, ...rows];
}

function usualStep(t: readonly number[]): number {
  const steps = t.slice(1).map((at, index) => at - (t[index] ?? at));
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1;
}

function gapsOf(t: readonly number[]): number[] {
  const longest = usualStep(t) * GAP_FACTOR;
  return t.slice(1).flatMap((at, index) => {
    const before = t[index] ?? at;
    return at - before > longest ? [(before + at) / 2] : [];
  });
}

const hasGap = (t: readonly number[]): boolean => gapsOf(t).length > 0;
