/** The public half of a signing key, as `ohmstead firmware keys` writes it. Pure. */

const MODULUS = /^[0-9a-f]{768}$/i;

/** The modulus in a file or a text: the file's own JSON, or the bare number; null when there is none. */
export function modulusIn(text: string): string | null {
  const bare = text.trim();
  if (MODULUS.test(bare)) return bare.toLowerCase();
  try {
    const { keys } = JSON.parse(bare) as { keys?: readonly { n?: unknown }[] };
    const found = keys?.[0]?.n;
    return typeof found === "string" && MODULUS.test(found) ? found.toLowerCase() : null;
  } catch {
    return null;
  }
}

/** A private key must never be handed in; this says so before it leaves the browser. */
export const isPrivate = (text: string): boolean => /PRIVATE KEY/.test(text);
