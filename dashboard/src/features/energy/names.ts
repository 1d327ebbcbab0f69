/** Spans of the site's calendar in words. The server gave their borders; here they are only written down. */

import type { Period } from "@/api/types";

import type { Whole } from "./view";

type Options = Intl.DateTimeFormatOptions;

const HOUR_MS = 3_600_000;

/** A zone that this browser does not know falls back to its own. */
function write(at: number, zone: string, options: Options): string {
  try {
    return new Date(at).toLocaleString(undefined, { ...options, timeZone: zone });
  } catch {
    return new Date(at).toLocaleString(undefined, options);
  }
}

const DATE: Options = { day: "numeric", month: "long", year: "numeric" };
const CLOCK: Options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function wholeName(of: Whole, start: number, zone: string): string {
  switch (of) {
    case "all":
      return "All years";
    case "year":
      return write(start, zone, { year: "numeric" });
    case "month":
      return write(start, zone, { month: "long", year: "numeric" });
    case "week":
      return `Week from ${write(start, zone, DATE)}`;
    case "day":
      return write(start, zone, { weekday: "long", ...DATE });
  }
}

/** "14:00–15:00", also when the day in between is shorter or longer than others. */
const hourName = (start: number, end: number, zone: string, options: Options): string =>
  `${write(start, zone, options)}–${write(end, zone, CLOCK)}`;

export function bucketName(by: Period, start: number, end: number, zone: string): string {
  // Where the clock is turned back an hour comes twice; only the zone's abbreviation tells them apart.
  return by === "hour"
    ? hourName(start, end, zone, isRepeated(start, zone) ? { ...CLOCK, timeZoneName: "short" } : CLOCK)
    : wholeName(by, start, zone);
}

/** Whether the same hour was, or will be, on the clock an hour away. */
function isRepeated(start: number, zone: string): boolean {
  const said = write(start, zone, CLOCK);
  return said === write(start - HOUR_MS, zone, CLOCK) || said === write(start + HOUR_MS, zone, CLOCK);
}

/** For the axis, as short as its surroundings allow. */
export function axisName(by: Period, of: Whole, start: number, zone: string): string {
  switch (by) {
    case "hour":
      return write(start, zone, CLOCK);
    case "day":
      return write(start, zone, of === "week" ? { weekday: "short", day: "numeric" } : { day: "numeric" });
    case "week":
      return write(start, zone, { day: "numeric", month: "short" });
    case "month":
      return write(start, zone, { month: "short" });
    case "year":
      return write(start, zone, { year: "numeric" });
  }
}
