/** Until when an alert may be silent. */

import { wallMinutes } from "@/lib/zoned";

const MINUTE = 60_000;
const DAY_MIN = 24 * 60;
const MORNING_MIN = 7 * 60;
// Who says "until tomorrow" after midnight does not mean in an hour.
const SOONEST_MIN = 4 * 60;

/** The next 07:00 on the clocks of `zone` that is at least four hours away, also over a change of those clocks. */
export function tomorrow(now: number, zone: string): number {
  const ahead = (MORNING_MIN - wallMinutes(now, zone) + DAY_MIN) % DAY_MIN;
  const minutes = ahead < SOONEST_MIN ? ahead + DAY_MIN : ahead;
  const guess = Math.floor(now / MINUTE) * MINUTE + minutes * MINUTE;
  const off = MORNING_MIN - wallMinutes(guess, zone);
  return guess + off * MINUTE;
}

export const LONGEST_HOURS = 30 * 24;

/** Seconds of a custom snooze as typed in hours; null for what is none. */
export function hoursOf(typed: string): number | null {
  const hours = Number(typed.replace(",", "."));
  return typed.trim() !== "" && hours > 0 && hours <= LONGEST_HOURS ? hours * 3600 : null;
}
