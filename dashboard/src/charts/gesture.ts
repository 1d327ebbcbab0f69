/** What fingers on a chart make of its span: what lies under a finger stays under it. Pure. */

export type SpanMs = readonly [from: number, to: number];

/** A finger: where on the chart it is, and which instant it took hold of. */
export interface Finger {
  px: number;
  at: number;
}

// Fingers closer than that cannot be told apart; the span would jump.
const CLOSEST_PX = 24;

export const timeAt = (px: number, widthPx: number, [from, to]: SpanMs): number =>
  from + (px / widthPx) * (to - from);

/** The span after one finger moved or two were spread; `span` is the one that is shown. */
export function heldBy(fingers: readonly Finger[], widthPx: number, [from, to]: SpanMs): SpanMs {
  const [a, b] = fingers;
  if (a === undefined) return [from, to];
  const apart = b === undefined ? 0 : b.px - a.px;
  const spread = b !== undefined && Math.abs(apart) >= CLOSEST_PX && (b.at - a.at) / apart > 0;
  const length = spread ? ((b.at - a.at) * widthPx) / apart : to - from;
  const start = a.at - (a.px / widthPx) * length;
  return [start, start + length];
}
