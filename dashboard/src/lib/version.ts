/** Versions of firmware, ordered as Semantic Versioning 2.0 §11 orders them; what is written otherwise has no order. */

const FORM =
  /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

interface Version {
  numbers: readonly number[];
  identifiers: readonly string[];
}

function parse(text: string | null | undefined): Version | null {
  const found = FORM.exec(text ?? "");
  if (found === null) return null;
  return {
    numbers: [Number(found[1]), Number(found[2]), Number(found[3])],
    identifiers: found[4]?.split(".") ?? [],
  };
}

/** Numbers before words; a shorter list before a longer one that begins the same. */
function compareIdentifiers(a: string, b: string): number {
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return Number(a) - Number(b);
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Negative when `a` is the older one; null when the two have no order. */
export function compareVersions(a: string | null | undefined, b: string | null | undefined): number | null {
  const [left, right] = [parse(a), parse(b)];
  if (left === null || right === null) return null;
  for (const [n, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[n] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.identifiers.length === 0 || right.identifiers.length === 0)
    return right.identifiers.length - left.identifiers.length;
  for (const [n, identifier] of left.identifiers.entries()) {
    const other = right.identifiers[n];
    if (other === undefined) return 1;
    const difference = compareIdentifiers(identifier, other);
    if (difference !== 0) return difference;
  }
  return left.identifiers.length - right.identifiers.length;
}

/** Whether `offered` is known to be older than what runs. */
export const isDowngrade = (running: string | null | undefined, offered: string): boolean =>
  (compareVersions(offered, running) ?? 0) < 0;
