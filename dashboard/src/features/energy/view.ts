/** Which bars are looked at: their period, the span they fill, and an instant within that span. Pure. */

import type { Period } from "@/api/types";

export type Whole = Exclude<Period, "hour"> | "all";

export interface View {
  /** What one bar is. */
  by: Period;
  /** What all bars together are. */
  of: Whole;
  /** Any instant of that span, ms; null = the newest that the device knows. */
  at: number | null;
}

/** What the bars of each period fill, and what one of them opens into. */
const TABLE: Readonly<Record<Period, { of: Whole; finer: Period | null }>> = {
  year: { of: "all", finer: "month" },
  month: { of: "year", finer: "day" },
  week: { of: "year", finer: "day" },
  day: { of: "month", finer: "hour" },
  hour: { of: "day", finer: null },
};

export const PERIODS: readonly { by: Period; label: string }[] = [
  { by: "hour", label: "Hours" },
  { by: "day", label: "Days" },
  { by: "week", label: "Weeks" },
  { by: "month", label: "Months" },
  { by: "year", label: "Years" },
];

export const START: View = { by: "day", of: "month", at: null };

/** The usual view with bars of this period, around the same instant. */
export const per = (by: Period, at: number | null): View => ({ by, of: TABLE[by].of, at });

/** The bars within the bar that begins at `start`; null where nothing finer is known. */
export function into({ by }: View, start: number): View | null {
  const { finer } = TABLE[by];
  return finer === null ? null : { by: finer, of: by as Whole, at: start };
}

/** The bars among which the present span is one; null at the top. */
export function outOf({ of, at }: View): View | null {
  return of === "all" ? null : { by: of, of: TABLE[of].of, at };
}

const isPeriod = (text: unknown): text is Period => typeof text === "string" && Object.hasOwn(TABLE, text);

/** Only what some bar opens into, or the usual. */
const fits = (by: Period, of: unknown): of is Whole =>
  of === TABLE[by].of || (isPeriod(of) && TABLE[of].finer === by);

/** The view in an address's query; what makes no sense there gives way to the usual. */
export function viewIn(search: Record<string, unknown>): View {
  const by = isPeriod(search.by) ? search.by : START.by;
  const at =
    typeof search.at === "number" && Number.isSafeInteger(search.at) && search.at > 0 ? search.at : null;
  return { by, of: fits(by, search.of) ? search.of : TABLE[by].of, at };
}

/** The address's query for a view; what is usual is left out. */
export const searchOf = ({ by, of, at }: View): { by?: Period; of?: Whole; at?: number } => ({
  ...(by !== START.by && { by }),
  ...(of !== TABLE[by].of && { of }),
  ...(at !== null && { at }),
});
