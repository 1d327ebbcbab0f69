/** What the server counts since its start, in words: first what came, then everything that was not kept as it came. */

import type { SystemInfo } from "@/api/types";

type Words = readonly [name: string, meaning: string];

export const CAME: Readonly<Record<string, Words>> = {
  messages: ["Messages", "that devices delivered"],
  samples: ["Samples", "stored from them"],
  duplicates: ["Repeated", "samples that were there already; harmless"],
};

export const LOST: Readonly<Record<string, Words>> = {
  rejected: ["Rejected samples", "too old, or no number; the page of the device says how many are its own"],
  malformed: ["Not understood", "messages in no language that is known here; see Mapping"],
  clock_flagged: ["Doubtful times", "samples that got the time of their arrival"],
  refused: ["Refused", "messages of devices that are refused or may not send"],
  throttled: ["Throttled", "messages beyond what one device may send"],
  busy: ["Put off", "messages that were told to come again, because too much came at once"],
  failed: ["Not stored", "messages that could not be written; their devices send them again"],
  live_too_slow: ["Slow dashboards", "live views that were closed because they did not keep up"],
  stale_reports: ["Old reports", "of state, by devices that had a newer one"],
  replies_ignored: ["Late replies", "to orders that were over"],
};

export interface Counted {
  key: string;
  name: string;
  meaning: string;
  count: number;
}

const split = (counters: SystemInfo["counters"], words: Readonly<Record<string, Words>>): Counted[] =>
  Object.entries(words).flatMap(([key, [name, meaning]]) => {
    const count = counters[key];
    return count === undefined ? [] : [{ key, name, meaning, count }];
  });

export const whatCame = (counters: SystemInfo["counters"]): Counted[] => split(counters, CAME);

/** Only what happened; nothing lost is nothing to read. */
export const whatWasLost = (counters: SystemInfo["counters"]): Counted[] =>
  split(counters, LOST).filter(({ count }) => count > 0);

/** A counter that this dashboard does not know yet. */
export const unknown = (counters: SystemInfo["counters"]): [string, number][] =>
  Object.entries(counters).filter(([key]) => !(key in CAME) && !(key in LOST));
