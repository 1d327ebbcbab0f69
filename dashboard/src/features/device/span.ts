/** Which time a chart shows. Pure; all in ms. */

/** Live: the last `span` up to now, moving on. Fixed: a span somebody chose. */
export type View = { kind: "live"; span: number } | { kind: "fixed"; from: number; to: number };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const RANGES = [
  { label: "15 min", said: "15 minutes", span: 15 * MINUTE },
  { label: "1 h", said: "hour", span: HOUR },
  { label: "6 h", said: "6 hours", span: 6 * HOUR },
  { label: "24 h", said: "24 hours", span: DAY },
  { label: "7 d", said: "7 days", span: 7 * DAY },
  { label: "30 d", said: "30 days", span: 30 * DAY },
  { label: "1 y", said: "year", span: 365 * DAY },
] as const;

const SHORTEST = 5_000;
const LONGEST = 20 * 365 * DAY;

export const START: View = { kind: "live", span: RANGES[0].span };

export const edges = (view: View, now: number): [from: number, to: number] =>
  view.kind === "live" ? [now - view.span, now] : [view.from, view.to];

/** A fixed view of [from, to), not shorter or longer than makes sense; one that reaches the present follows it. */
function fixed(from: number, to: number, now: number): View {
  const span = Math.min(LONGEST, Math.max(SHORTEST, to - from));
  const middle = (from + to) / 2;
  const end = middle + span / 2;
  return end >= now
    ? { kind: "live", span }
    : { kind: "fixed", from: Math.round(end - span), to: Math.round(end) };
}

export function pan(view: View, now: number, share: number): View {
  const [from, to] = edges(view, now);
  const step = (to - from) * share;
  return fixed(from + step, to + step, now);
}

/** A live view keeps its right edge, a fixed one its middle. */
export function scale(view: View, now: number, factor: number): View {
  const [from, to] = edges(view, now);
  const span = (to - from) * factor;
  if (view.kind === "live") return { kind: "live", span: Math.min(LONGEST, Math.max(SHORTEST, span)) };
  const middle = (from + to) / 2;
  return fixed(middle - span / 2, middle + span / 2, now);
}

export const zoomTo = (from: number, to: number, now: number): View => {
  const view = fixed(from, to, now);
  // Who drags over a piece wants to look at it, even at its right edge.
  return view.kind === "live"
    ? { kind: "fixed", from: Math.round(to - view.span), to: Math.round(to) }
    : view;
};

/** Moved or spread by fingers: whoever comes to the present follows it. */
export const moveTo = fixed;

/** How often a live view asks the server again, so that what it drew itself is replaced by what is stored. */
export const renewEvery = (span: number): number =>
  Math.round(Math.min(5 * MINUTE, Math.max(10_000, span / 60)));
