/** Which span of a channel to show around an alert. Pure; ms. */

const MINUTE = 60_000;
const SHORTEST_SIDE = 15 * MINUTE;
// Enough beside it to see what was usual.
const SIDE_SHARE = 0.5;

export function around(
  raisedAt: number,
  clearedAt: number | null,
  now: number,
): { from: number; to: number } {
  const end = clearedAt ?? now;
  const side = Math.max(SHORTEST_SIDE, (end - raisedAt) * SIDE_SHARE);
  return { from: Math.round(raisedAt - side), to: Math.round(Math.min(now, end + side)) };
}
