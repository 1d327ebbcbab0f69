/** What a chart of bars draws: amounts of things in a row, equally wide however long their time is. */

/** How sure an amount is. Each looks different without its colour, too. */
export const LOOKS = ["measured", "integrated", "partial", "missing"] as const;
export type Look = (typeof LOOKS)[number];

export interface Bar {
  key: string;
  /** Short, for the axis. */
  label: string;
  /** The whole truth in words, for the reader of the bar. */
  said: string;
  /** Null where nothing is known. */
  value: number | null;
  look: Look;
}

/** One row of data per look, in the order of LOOKS; a bar is in exactly one of them. A gap fills its whole height. */
export function rowsOf(bars: readonly Bar[]): (number | null)[][] {
  return LOOKS.map((look) =>
    bars.map((bar) => {
      if (look === "missing") return bar.value === null ? 1 : null;
      return bar.look === look ? bar.value : null;
    }),
  );
}

/** Places of the bars that get a label, so that each has `spacePx` of a row of `widthPx`. */
export function labelled(count: number, widthPx: number, spacePx: number): number[] {
  const step = Math.max(1, Math.ceil((count * spacePx) / Math.max(1, widthPx)));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}
