/** What somebody wants to bring in, and whether it makes sense. Pure. */

import type { CsvPreview, ImportOptions, NewImport } from "@/api/types";

export type Kind = NewImport["kind"];

export const KINDS: readonly { value: Kind; label: string; says: string }[] = [
  { value: "csv", label: "Table (CSV)", says: "Any table with a column of times and columns of numbers." },
  {
    value: "current-logger",
    label: "Current logger",
    says: "The logger's own CSV of time of day and milliamperes. The date of its first row is asked below.",
  },
  {
    value: "meter-sqlite",
    label: "Energy meter database",
    says: "The SQLite file of the older energy meter server, with all its devices.",
  },
  { value: "imtp", label: "Force test", says: "The CSV of a force plate's test." },
];

/** Endings that leave no doubt; everything else is a table until somebody says otherwise. */
export const kindOf = (name: string): Kind => (/\.(db|sqlite3?)$/i.test(name) ? "meter-sqlite" : "csv");

export interface Column {
  column: string;
  keep: boolean;
  key: string;
  quantity: string | null;
  unit: string | null;
}

/** Every column but the time's; those that the server recognised are kept. */
export function columnsOf({ columns, time_column, mapping }: CsvPreview): Column[] {
  return columns
    .filter((column) => column !== time_column)
    .map((column) => {
      const found = mapping.find((one) => one.column === column);
      return {
        column,
        keep: found !== undefined,
        key: found?.key ?? column,
        quantity: found?.quantity ?? null,
        unit: found?.unit ?? null,
      };
    });
}

export interface Wish {
  kind: Kind;
  serial: string;
  zone: string;
  firstDate: string;
  timeColumn: string | null;
  columns: readonly Column[];
}

const SERIAL = /^[A-Za-z0-9._:-]{1,64}$/;

/** What is wrong with the wish, in words; null when nothing is. */
export function faultOf({ kind, serial, columns, timeColumn }: Wish): string | null {
  if (serial !== "" && !SERIAL.test(serial)) return "A serial has letters, digits and . _ : - (at most 64).";
  if (kind !== "csv") return null;
  if (serial === "") return "Say which device the values belong to.";
  if (timeColumn === null) return "Say which column holds the time.";
  const kept = columns.filter(({ keep }) => keep);
  if (kept.length === 0) return "Choose at least one column to keep.";
  const keys = kept.map(({ key }) => key.trim());
  if (keys.includes("")) return "Every column that is kept needs a name.";
  return new Set(keys).size < keys.length ? "Two columns have the same name." : null;
}

/** The wish as the server takes it; what does not concern the kind of file is left out. */
export function optionsOf({ kind, serial, zone, firstDate, timeColumn, columns }: Wish): ImportOptions {
  return {
    again: false,
    ...(serial !== "" && kind !== "meter-sqlite" && { device: serial }),
    zone,
    ...(kind === "current-logger" && firstDate !== "" && { first_date: firstDate }),
    ...(kind === "csv" && {
      time_column: timeColumn,
      columns: columns
        .filter(({ keep }) => keep)
        .map(({ column, key, quantity, unit }) => ({
          column,
          key: key.trim(),
          quantity: quantity || null,
          unit: unit?.trim() || null,
        })),
    }),
  };
}
