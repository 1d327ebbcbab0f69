/** Where the runs of a week stand in its columns. */

import type { Week, WeekDay, WeekRun } from "@/api/types";
import { wallMinutes } from "@/lib/zoned";

const DAY_MIN = 24 * 60;
const HOUR_MS = 3_600_000;
/** The height of an entry, in minutes of the scale: those that are closer stand below each other. */
export const ENTRY_MIN = 62;

export interface Entry {
  run: WeekRun;
  /** Top of the entry, in minutes from midnight. */
  top: number;
}

/** The runs of one day from the top down; a crowd is moved apart, and kept within the day. */
export function entriesOf(day: WeekDay, runs: readonly WeekRun[], zone: string): Entry[] {
  const own = runs.filter(({ at }) => at >= day.start && at < day.end);
  const entries: Entry[] = [];
  for (const run of own) {
    const wanted = Math.min(wallMinutes(run.at, zone), DAY_MIN - ENTRY_MIN);
    const free = (entries.at(-1)?.top ?? -ENTRY_MIN) + ENTRY_MIN;
    entries.push({ run, top: Math.max(wanted, free) });
  }
  // What would fall out below moves up, and pushes the others before it.
  let limit = DAY_MIN - ENTRY_MIN;
  for (const entry of entries.toReversed()) {
    entry.top = Math.max(0, Math.min(entry.top, limit));
    limit = entry.top - ENTRY_MIN;
  }
  return entries;
}

/** 23 to 25; the clocks change twice a year. */
export const hoursOf = (day: WeekDay): number => Math.round((day.end - day.start) / HOUR_MS);

/** "the clocks go forward: 23 hours", or null on an ordinary day. */
export function clockChange(day: WeekDay): string | null {
  const hours = hoursOf(day);
  if (hours === 24) return null;
  return `${hours} hours: the clocks go ${hours < 24 ? "forward" : "back"}`;
}

/** Minutes from midnight at which it gets light and dark; null where that does not happen. */
export function daylight(day: WeekDay, zone: string): { from: number; to: number } | null {
  if (day.sunrise === null || day.sunset === null) return null;
  return { from: wallMinutes(day.sunrise, zone), to: wallMinutes(day.sunset, zone) };
}

/** The day that is now, and how far it has come; null when it is in another week. */
export function nowIn(week: Week, now: number): { date: string; minutes: number } | null {
  const today = week.days.find(({ start, end }) => now >= start && now < end);
  return today ? { date: today.date, minutes: wallMinutes(now, week.zone) } : null;
}
