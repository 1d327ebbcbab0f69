/** A mapping that is being made from a message that arrived. Pure. */

import type { Leaf, MappedField, NewMapping, Unmatched } from "@/api/types";

export interface Draft {
  filter: string;
  serial: string;
  /** By pointer; a leaf that is absent is not kept. */
  fields: Readonly<Record<string, MappedField>>;
  timePointer: string | null;
  timeFormat: NonNullable<NewMapping["time_format"]>;
}

export const isNumber = ({ value }: Leaf): boolean => typeof value === "number";

const levelsOf = (name: string): string[] => name.replace(/^\//, "").split("/");

/** The level that usually tells devices apart is the second; a single level is the device itself. */
function usualSerial(name: string): string {
  const levels = levelsOf(name);
  return levels.length > 1 ? "{level.1}" : (levels[0] ?? "");
}

/** The same message of every device: the level that tells them apart may be anything. */
function usualFilter(name: string): string {
  const lead = name.startsWith("/") ? "/" : "";
  const levels = levelsOf(name);
  return levels.length > 1 ? lead + levels.with(1, "+").join("/") : name;
}

/** What is understood already is chosen. */
export function draftOf({ name, leaves }: Unmatched): Draft {
  const known = leaves.filter((leaf) => isNumber(leaf) && leaf.suggestion.quantity);
  return {
    filter: usualFilter(name),
    serial: usualSerial(name),
    fields: Object.fromEntries(known.map(({ pointer, suggestion }) => [pointer, suggestion])),
    timePointer: null,
    timeFormat: "rfc3339",
  };
}

/** "/ENERGY/Power" → "ENERGY › Power"; a bare number has no name. */
export function pointerWords(pointer: string): string {
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.length === 0 ? "the value itself" : steps.join(" › ");
}

const PLACE = /\{([^{}]*)\}/g;

/** The serial that this message would give; null when one of its places is empty. */
export function serialFor(template: string, { name, leaves }: Unmatched): string | null {
  const valueOf = (place: string): string => {
    const level = /^level\.(\d{1,2})$/.exec(place)?.[1];
    const found =
      level === undefined
        ? leaves.find(({ pointer }) => pointer === place)?.value
        : levelsOf(name)[Number(level)];
    return typeof found === "string" || typeof found === "number" ? String(found) : "";
  };
  const places = [...template.matchAll(PLACE)].map(([, place = ""]) => place);
  if (places.some((place) => valueOf(place).trim() === "")) return null;
  const filled = template.replace(PLACE, (_, place: string) => valueOf(place));
  return filled.trim() === "" ? null : filled;
}

/** What is wrong with the draft, in words; null when nothing is. */
export function faultOf({ filter, fields }: Draft, serial: string | null): string | null {
  const keys = Object.values(fields).map(({ key }) => key.trim());
  if (filter.trim() === "") return "Say which messages are meant.";
  if (serial === null) return "The serial comes out empty for this message.";
  if (keys.length === 0) return "Choose at least one value to keep.";
  if (keys.includes("")) return "Every value that is kept needs a name.";
  if (new Set(keys).size < keys.length) return "Two values have the same name.";
  return null;
}

export const bodyOf = (draft: Draft, { source }: Unmatched): NewMapping => ({
  source,
  filter: draft.filter.trim(),
  serial: draft.serial.trim(),
  fields: Object.values(draft.fields).map((field) => ({
    ...field,
    key: field.key.trim(),
    unit: field.unit?.trim() || null,
    quantity: field.quantity || null,
  })),
  time_pointer: draft.timePointer,
  time_format: draft.timeFormat,
  enabled: true,
});
