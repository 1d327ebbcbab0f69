/** Alerts in words, and as marks on a chart. */

import { clock, dateTime, duration } from "./time";

interface Known {
  id: string;
  text: string;
  severity: "info" | "warning" | "critical";
  state: "raised" | "acknowledged" | "cleared";
  channel_id: string | null;
  raised_at: number;
  cleared_at: number | null;
  acknowledged_by: string;
  snoozed_until: number | null;
}

export type Standing = "raised" | "acknowledged" | "snoozed" | "cleared";

/** What it comes to for people: a snoozed alert is still raised, but says nothing. */
export function standingOf({ state, snoozed_until: until }: Known, now: number): Standing {
  return state !== "cleared" && until !== null && until > now ? "snoozed" : state;
}

/** "Acknowledged by ada", "Snoozed until 18:00:00", "Cleared after 7 min". */
export function standingWords(alert: Known, now: number, me = ""): string {
  switch (standingOf(alert, now)) {
    case "raised":
      return "Nobody has acknowledged it";
    case "acknowledged":
      return `Acknowledged by ${alert.acknowledged_by === me ? "you" : alert.acknowledged_by}`;
    case "snoozed":
      return `Snoozed until ${clock(alert.snoozed_until ?? now, now)}`;
    case "cleared":
      return `Cleared after ${duration((alert.cleared_at ?? alert.raised_at) - alert.raised_at)}`;
  }
}

/** A mark on the chart of the alert's channel; none for an alert that is about no channel. */
export function markOf(alert: Known) {
  const { id, channel_id: series, raised_at: at, cleared_at: until, severity: tone } = alert;
  if (series === null) return null;
  const over = until === null ? "still open" : `lasted ${duration(until - at)}`;
  return { id, series, at, until, tone, label: `${alert.text} (${dateTime(at)}, ${over})` };
}

/** The same for several; those without a channel are left out. */
export const marksOf = (alerts: readonly Known[]) =>
  alerts.flatMap((alert) => {
    const mark = markOf(alert);
    return mark === null ? [] : [mark];
  });
