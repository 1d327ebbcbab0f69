export const SHORTEST_PASSWORD = 8;

export interface Strength {
  /** 0 (too short) to 4. */
  level: 0 | 1 | 2 | 3 | 4;
  hint: string;
}

const KINDS = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/];

/** A hint, not a gate: length counts most, as it does for whoever tries to guess. */
export function strengthOf(password: string): Strength {
  const missing = SHORTEST_PASSWORD - password.length;
  if (missing > 0)
    return { level: 0, hint: `${missing} more ${missing === 1 ? "character" : "characters"} needed` };
  if (new Set(password).size < 5) return { level: 1, hint: "Weak: the same few characters again and again" };
  const kinds = KINDS.filter((kind) => kind.test(password)).length;
  const score = password.length + 2 * (kinds - 1);
  if (score < 13)
    return { level: 2, hint: "Fair: a few words in a row are easier to remember and harder to guess" };
  if (score < 18) return { level: 3, hint: "Good" };
  return { level: 4, hint: "Strong" };
}
