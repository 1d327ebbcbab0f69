/** The one-time token in `text`: a fragment ("#abc"), a whole set-up link, or the bare token; "" when there is none. */
export function tokenOf(text: string): string {
  const token = text.trim().replace(/^.*#/, "");
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
