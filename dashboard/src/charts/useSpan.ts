import { useState } from "react";

interface Span {
  from: number;
  to: number;
}

const SHORTEST_MS = 5_000;

interface Moves {
  onZoom: (from: number, to: number) => void;
  onPan: (share: number) => void;
  onScale: (factor: number) => void;
  onReset: () => void;
}

/** A span that somebody moves about in and comes back from, for a chart of what is past. */
export function useSpan(whole: Span): Span & Moves {
  const [chosen, setChosen] = useState<(Span & { whole: Span }) | null>(null);
  // Another whole span is another question: what was chosen in the one before is over.
  const kept = chosen !== null && chosen.whole.from === whole.from && chosen.whole.to === whole.to;
  const { from, to } = kept ? chosen : whole;
  const set = (start: number, end: number) => {
    const middle = (start + end) / 2;
    const half = Math.max(SHORTEST_MS, end - start) / 2;
    setChosen({ from: Math.round(middle - half), to: Math.round(middle + half), whole });
  };
  const middle = (from + to) / 2;
  return {
    from,
    to,
    onZoom: set,
    onPan: (share) => set(from + (to - from) * share, to + (to - from) * share),
    onScale: (factor) => set(middle - ((to - from) / 2) * factor, middle + ((to - from) / 2) * factor),
    onReset: () => setChosen(null),
  };
}
