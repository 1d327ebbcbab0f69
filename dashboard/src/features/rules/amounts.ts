/** Numbers and lengths of time while somebody types them. */

export type SpanUnit = "s" | "min" | "h" | "d";

export interface Span {
  amount: string;
  unit: SpanUnit;
}

const SECONDS: Readonly<Record<SpanUnit, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };

export const SPAN_UNITS: readonly { value: SpanUnit; label: string }[] = [
  { value: "s", label: "seconds" },
  { value: "min", label: "minutes" },
  { value: "h", label: "hours" },
  { value: "d", label: "days" },
];

/** The number that was typed, with a point or a comma; null for what is none. */
export function numberOf(typed: string): number | null {
  const text = typed.trim().replace(",", ".");
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? value : null;
}

export function secondsOf({ amount, unit }: Span): number | null {
  const value = numberOf(amount);
  return value === null || value < 0 ? null : value * SECONDS[unit];
}

/** In the largest unit in which it is a whole number: 300 s are 5 minutes, 90 s are 90 seconds. */
export function spanOf(seconds: number, otherwise: SpanUnit = "s"): Span {
  if (seconds === 0) return { amount: "0", unit: otherwise };
  const unit = (["d", "h", "min"] as const).find((one) => seconds % SECONDS[one] === 0) ?? "s";
  return { amount: String(seconds / SECONDS[unit]), unit };
}
