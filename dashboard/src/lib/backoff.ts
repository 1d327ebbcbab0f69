const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before attempt number `attempt` (0 is the first retry). Doubles up to half a minute; `random`
 * in [0, 1) spreads many dashboards out, so that a restarted server is not hit by all of them at once.
 */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return ceiling * (0.5 + random / 2);
}
