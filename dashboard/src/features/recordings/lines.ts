/** Recordings over each other: each from its own beginning. Pure. */

import type { TrialColumn, TrialData } from "@/api/lab";

export interface NamedLine {
  id: string;
  label: string;
  unit: string;
  t: number[];
  value: number[];
}

const middle = ({ value, min, max }: TrialColumn): number[] =>
  value ?? (min ?? []).map((low, index) => (low + (max?.[index] ?? low)) / 2);

/** One line for each channel, ms from the beginning. */
export const linesOf = (data: TrialData, name: string): NamedLine[] =>
  data.channels.map((column) => ({
    id: `${data.trial_id}:${column.channel_id}`,
    label: name === "" ? column.label : `${name}: ${column.label}`,
    unit: column.unit,
    t: column.t_us.map((us) => us / 1000),
    value: middle(column),
  }));

/** What shares a unit shares a chart. */
export function byUnit(lines: readonly NamedLine[]): [unit: string, lines: NamedLine[]][] {
  const units = [...new Set(lines.map(({ unit }) => unit))];
  return units.map((unit) => [unit, lines.filter((line) => line.unit === unit)]);
}

/** The span that holds everything. */
export const extent = (lines: readonly NamedLine[]) => ({
  from: 0,
  to: Math.max(1, ...lines.map(({ t }) => t.at(-1) ?? 0)),
});
