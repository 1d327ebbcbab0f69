/** Times as people say them. All instants are milliseconds since 1970, UTC; shown in the browser's zone. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "40 s ago", "3 min ago", "5 h ago", "12 d ago"; a future instant counts as now. */
export function ago(at: number, now: number): string {
  const passed = now - at;
  if (passed < 10 * SECOND) return "just now";
  if (passed < MINUTE) return `${Math.floor(passed / SECOND)} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < 2 * DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return `${Math.floor(passed / DAY)} d ago`;
}

/** "45 s", "12 min", "3 h 20 min", "5 d 4 h". */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return join(Math.floor(ms / HOUR), "h", Math.floor((ms % HOUR) / MINUTE), "min");
  return join(Math.floor(ms / DAY), "d", Math.floor((ms % DAY) / HOUR), "h");
}

function join(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

/** "14:03:27", with the day in front when it is not today. */
export function clock(at: number, now: number): string {
  const moment = new Date(at);
  const sameDay = moment.toDateString() === new Date(now).toDateString();
  return sameDay
    ? moment.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    : dateTime(at);
}

/** "21 Nov 2026, 14:03". */
export function dateTime(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** "21 Nov, 14:03:27"; seconds only where the spacing of the data makes them mean something. */
export function instant(at: number, spacingMs: number): string {
  return new Date(at).toLocaleString(undefined, {
    day: "numeric",
    month: "short",
    ...(spacingMs >= DAY ? { year: "numeric" } : { hour: "2-digit", minute: "2-digit" }),
    ...(spacingMs < MINUTE ? { second: "2-digit" } : {}),
  });
}
