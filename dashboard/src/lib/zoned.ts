/** Times of day and days in the zone of a site, which need not be the one of the browser. */

const parts = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = parts.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  parts.set(zone, made);
  return made;
}

/** "07:05", on the wall of that place. */
export const wallTime = (at: number, zone: string): string => formatter(zone).format(at);

/** Minutes since midnight on the wall of that place: 0 to 1439. */
export function wallMinutes(at: number, zone: string): number {
  const [hour = 0, minute = 0] = wallTime(at, zone).split(":").map(Number);
  return hour * 60 + minute;
}

/** "Mon 24 Nov, 07:05". */
export const wallDayTime = (at: number, zone: string): string =>
  `${new Date(at).toLocaleDateString(undefined, { timeZone: zone, weekday: "short", day: "numeric", month: "short" })}, ${wallTime(at, zone)}`;

/** A day written as YYYY-MM-DD, as people say it; days have no zone. */
export const dayWords = (date: string, options: Intl.DateTimeFormatOptions): string =>
  new Date(`${date}T12:00:00Z`).toLocaleDateString(undefined, { ...options, timeZone: "UTC" });

/** The day `days` after (or before) another. */
export function shiftDay(date: string, days: number): string {
  const moved = new Date(`${date}T12:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
