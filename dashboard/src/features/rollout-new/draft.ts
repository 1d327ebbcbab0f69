/** The terms of a rollout as they are typed. Pure. */

import type { NewRollout } from "@/api/types";
import { parseNumber } from "@/lib/numbers";

export interface Draft {
  /** Percent, separated by commas. */
  waves: string;
  /** Percent of a wave. */
  threshold: string;
  healthyMin: string;
  returnMin: string;
  sensors: boolean;
  windowed: boolean;
  start: string;
  end: string;
  /** As a date field writes it, in the browser's zone; empty for none. */
  deadline: string;
  force: boolean;
  reason: string;
}

export const DEFAULTS: Draft = {
  waves: "5, 25, 100",
  threshold: "10",
  healthyMin: "2",
  returnMin: "10",
  sensors: true,
  windowed: false,
  start: "22:00",
  end: "05:00",
  deadline: "",
  force: false,
  reason: "",
};

/** Shares from 0 to 1, or null when these are no waves. */
export function wavesOf(text: string): number[] | null {
  const numbers = text
    .split(/[,;\s]+/)
    .filter((part) => part !== "")
    .map((part) => parseNumber(part.replace("%", "")));
  const shares = numbers.map((number) => (number ?? NaN) / 100);
  const rises = shares.every((share, n) => share > (shares[n - 1] ?? 0) && share <= 1);
  return shares.length > 0 && shares.length <= 20 && rises && shares.at(-1) === 1 ? shares : null;
}

const within = (text: string, least: number, most: number): boolean => {
  const number = parseNumber(text);
  return number !== null && number >= least && number <= most;
};

/** What is wrong with the terms, in words; null when nothing is. */
export function faultOf(draft: Draft, now: number): string | null {
  if (wavesOf(draft.waves) === null)
    return "Waves: rising shares in percent, at most 20 of them; the last one is 100.";
  if (!within(draft.threshold, 0, 100)) return "The share of failures is between 0 and 100 %.";
  if (!within(draft.healthyMin, 0, 1440)) return "A device is watched for 0 to 1440 minutes.";
  if (!within(draft.returnMin, 0.1, 1440)) return "A device may take 0.1 to 1440 minutes to come back.";
  if (draft.windowed && (draft.start === "" || draft.end === "" || draft.start === draft.end))
    return "The maintenance window begins and ends at different times.";
  if (draft.deadline !== "" && !(Date.parse(draft.deadline) > now)) return "The deadline has passed already.";
  return draft.force && draft.reason.trim() === "" ? "Say why older versions are wanted." : null;
}

const seconds = (minutes: string): number => Math.round(60 * (parseNumber(minutes) ?? 0));

/** As the server takes it; `devices` in the order of their turn. */
export function bodyOf(draft: Draft, releaseId: string, devices: readonly string[]): NewRollout {
  return {
    release_id: releaseId,
    devices: [...devices],
    waves: wavesOf(draft.waves) ?? [1],
    error_threshold: (parseNumber(draft.threshold) ?? 0) / 100,
    healthy_s: seconds(draft.healthyMin),
    return_s: Math.max(1, seconds(draft.returnMin)),
    offer_s: 3600,
    stall_s: 900,
    at_once: 100,
    sensors: draft.sensors,
    deadline_at: draft.deadline === "" ? null : Date.parse(draft.deadline),
    window: draft.windowed ? { start: draft.start, end: draft.end } : null,
    downgrade_reason: draft.force ? draft.reason.trim() : "",
  };
}
