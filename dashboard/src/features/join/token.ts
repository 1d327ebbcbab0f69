/** The invitation's token in the address's fragment ("#ohi_…"); "" when there is none. */
export function tokenIn(hash: string): string {
  const token = hash.replace(/^#/, "").trim();
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
