/** What the server found wrong in a form, put to the field it is about. */

export interface Fault {
  /** Names and numbers on the way to the field, e.g. ["condition", "above"]. */
  at: readonly string[];
  text: string;
}

interface Refusal {
  message: string;
  errors?: readonly unknown[];
}

const isNamed = (error: unknown): error is { at: string; detail: string } => {
  const { at, detail } = (error ?? {}) as { at?: unknown; detail?: unknown };
  return typeof at === "string" && typeof detail === "string";
};

// "condition/above: a threshold needs above or below"
const PLACE = /^([a-z_][a-z0-9_]*(?:\/[a-z0-9_]+)*): (.+)$/s;

export function faultsOf(error: Refusal | null): Fault[] {
  if (error === null) return [];
  const named = (error.errors ?? []).filter(isNamed);
  if (named.length > 0) return named.map(({ at, detail }) => ({ at: at.split("/"), text: detail }));
  const [, place, text] = PLACE.exec(error.message) ?? [];
  return place !== undefined && text !== undefined
    ? [{ at: place.split("/"), text }]
    : [{ at: [], text: error.message }];
}

/** The fault of the field that ends in these names, or undefined. */
export const faultAt = (faults: readonly Fault[], ...names: readonly string[]): string | undefined =>
  faults.find(({ at }) => names.every((name, index) => at.at(index - names.length) === name))?.text;
