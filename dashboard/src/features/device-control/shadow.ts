import type { Output, Shadow } from "@/api/types";

export interface Field {
  key: string;
  wish: Shadow["desired"][string] | null;
  report: Shadow["reported"][string] | null;
  /** Nothing is wished, or it is as wished. */
  settled: boolean;
}

/** Every field that is desired or reported; those that differ first. */
export function fieldsOf(shadow: Pick<Shadow, "desired" | "reported" | "delta">): Field[] {
  const keys = [...new Set([...Object.keys(shadow.desired), ...Object.keys(shadow.reported)])];
  return keys
    .map((key) => ({
      key,
      wish: shadow.desired[key] ?? null,
      report: shadow.reported[key] ?? null,
      settled: !(key in shadow.delta),
    }))
    .toSorted((a, b) => Number(a.settled) - Number(b.settled) || a.key.localeCompare(b.key));
}

/** What people call a field: the output of this device that it stands for. Lights of system 004 have made-up fields. */
export const nameOf = (
  field: string,
  outputs: readonly Pick<Output, "id" | "key" | "name">[],
): string | null => outputs.find(({ id, key }) => field === key || field === `light-${id}`)?.name ?? null;

const LONGEST = 160;

/** A value in one line, however deep it is. */
export function valueWords(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}
