/** Where the onset line stands and how it is moved. Pure. Times are ms on the axis of the chart. */

export interface Span {
  from: number;
  to: number;
}

/** Share of the plot's width at which an instant lies; may be outside 0 … 1. */
export const shareOf = (at: number, { from, to }: Span): number => (at - from) / (to - from);

/** The instant under a pointer that is `px` from the left edge of a plot of `width`. */
export function instantUnder(px: number, width: number, { from, to }: Span): number {
  const share = Math.min(1, Math.max(0, px / Math.max(1, width)));
  return from + share * (to - from);
}

const FINE_MS = 1;
const COARSE_MS = 10;

/** What a key makes of an instant; null when it does not move the line. */
export function moved(at: number, key: string, shift: boolean, { from, to }: Span): number | null {
  const step = shift ? COARSE_MS : FINE_MS;
  const wanted: Partial<Record<string, number>> = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    PageDown: at - 5 * COARSE_MS,
    PageUp: at + 5 * COARSE_MS,
    Home: from,
    End: to,
  };
  const next = wanted[key];
  return next === undefined ? null : Math.min(to, Math.max(from, next));
}

/** An onset as the analysis wants it: ms from the first sample, never before it. */
export const parameterOf = (at: number, originMs: number): number =>
  Math.max(0, Math.round((at - originMs) * 1000) / 1000);

/** Closer to the moment of interest by `factor`, within the limits. */
export function zoomed({ from, to }: Span, around: number, factor: number, limits: Span): Span {
  const share = shareOf(around, { from, to });
  const length = Math.min((to - from) * factor, limits.to - limits.from);
  const start = Math.min(Math.max(around - share * length, limits.from), limits.to - length);
  return { from: start, to: start + length };
}
