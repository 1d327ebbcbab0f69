/** What a command takes, as its device described it, and what somebody typed for it. */

export interface Argument {
  key: string;
  kind: "number" | "integer" | "text" | "boolean" | "switch" | "choice" | "any";
  optional: boolean;
  min: number | null;
  max: number | null;
  values: readonly unknown[];
}

const ALIASES: Readonly<Record<string, string>> = {
  string: "text",
  str: "text",
  int: "integer",
  float: "number",
  bool: "boolean",
};
const KINDS = new Set(["number", "integer", "text", "boolean", "switch"]);

const numberOr = (raw: unknown): number | null => (typeof raw === "number" ? raw : null);

/** `number?`, `["a", "b"]` or `{"type": …, "min": …}`; words that are not known allow anything. */
export function argumentOf(key: string, raw: unknown): Argument {
  const plain: Argument = { key, kind: "any", optional: false, min: null, max: null, values: [] };
  if (Array.isArray(raw)) return { ...plain, kind: "choice", values: raw };
  if (typeof raw === "string") {
    const word = raw.replace(/\?+$/, "");
    const kind = ALIASES[word] ?? word;
    return {
      ...plain,
      kind: KINDS.has(kind) ? (kind as Argument["kind"]) : "any",
      optional: raw.endsWith("?"),
    };
  }
  if (raw === null || typeof raw !== "object") return plain;
  const object = raw as Record<string, unknown>;
  const inner = argumentOf(key, object.type ?? "");
  const values = Array.isArray(object.values)
    ? object.values
    : Array.isArray(object.enum)
      ? object.enum
      : inner.values;
  const [min, max] = [numberOr(object.min), numberOr(object.max)];
  const bounded = inner.kind === "any" && (min !== null || max !== null);
  return {
    key,
    kind: values.length > 0 ? "choice" : bounded ? "number" : inner.kind,
    optional: inner.optional || object.optional === true || "default" in object,
    min,
    max,
    values,
  };
}

export const argumentsOf = (args: Readonly<Record<string, unknown>> | null): Argument[] =>
  Object.entries(args ?? {}).map(([key, raw]) => argumentOf(key, raw));

/** What is wrong with what was typed, or null. */
export function faultOf(argument: Argument, typed: string): string | null {
  const { key, kind, optional, min, max } = argument;
  if (typed.trim() === "" && kind !== "text") return optional ? null : `${key} is missing.`;
  if (kind === "text") return typed === "" && !optional ? `${key} is missing.` : null;
  if (kind !== "number" && kind !== "integer") return null;
  const value = Number(typed);
  if (!Number.isFinite(value)) return `${key} is a number.`;
  if (kind === "integer" && !Number.isInteger(value)) return `${key} is a whole number.`;
  if (min !== null && value < min) return `${key} is at least ${min}.`;
  if (max !== null && value > max) return `${key} is at most ${max}.`;
  return null;
}

/** What was typed, as the device understands it; undefined for what is left out. */
export function valueOf(argument: Argument, typed: string): unknown {
  if (typed === "") return undefined;
  switch (argument.kind) {
    case "number":
    case "integer":
      return Number(typed);
    case "boolean":
      return typed === "true";
    case "choice":
      return argument.values[Number(typed)];
    case "text":
    case "switch":
      return typed;
    case "any":
      return loose(typed);
  }
}

/** JSON where it is some, else the text itself. */
export function loose(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}
