/** What somebody typed as a number, with a point or a comma; null when it is none. */
export function parseNumber(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  const value = Number(plain);
  return plain === "" || !Number.isFinite(value) ? null : value;
}
