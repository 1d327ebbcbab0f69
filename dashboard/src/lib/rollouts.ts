/** Rollouts as people say them. Pure. */

import { plural, type Step } from "./updates";

interface Known {
  state: "running" | "paused" | "stopped" | "done";
  wave: number;
  reason: string | null;
  sizes: readonly number[];
  waves?: readonly number[];
}

export const STATE_WORDS = {
  running: "Running",
  paused: "Paused",
  stopped: "Stopped",
  done: "Done",
} as const;

const ORDINALS = ["first", "second", "third", "fourth", "fifth"];

/** "the first wave", "the only wave", "wave 7 of 20". `index` from 0. */
export function waveName(index: number, count: number): string {
  if (count === 1) return "the only wave";
  const ordinal = ORDINALS[index];
  return ordinal === undefined ? `wave ${index + 1} of ${count}` : `the ${ordinal} wave`;
}

// As the server writes it: "wave 1: 4 of 10 failed (40%; it stops at 10%)".
const TOO_MANY = /^wave (\d+): (\d+) of (\d+) failed \((\d+)%; it stops at (\d+)%\)$/;
const BY_SOMEBODY = /^(?:stopped|paused|rolled back) by /;

/** Why a rollout stands where it stands, in a sentence; null while it simply runs. */
export function standing({ state, wave, reason, sizes }: Known): string | null {
  const where = waveName(wave, sizes.length);
  if (state === "running") return null;
  if (state === "done") return "It is done: every device has had its turn.";
  if (reason === null) return state === "paused" ? "Paused: nobody new is offered it." : "Stopped.";
  const many = TOO_MANY.exec(reason);
  if (many !== null) {
    const [, number = "1", failed = "", size = "", share = "", limit = ""] = many;
    const which = waveName(Number(number) - 1, sizes.length);
    return `It stopped by itself in ${which}: ${failed} of ${size} ${size === "1" ? "device" : "devices"} failed (${share} %), and it stops at ${limit} %.`;
  }
  if (BY_SOMEBODY.test(reason)) {
    const words = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
    return state === "paused"
      ? `${words}: nobody new is offered it; what is under way goes on.`
      : `${words}, in ${where}.`;
  }
  if (reason === "its time was up") return `It stopped by itself in ${where}: its deadline had passed.`;
  return `It stopped by itself in ${where}: ${reason}.`;
}

export type Counts = Readonly<Partial<Record<Step, number>>>;

const count = (counts: Counts, ...steps: Step[]): number =>
  steps.reduce((sum, step) => sum + (counts[step] ?? 0), 0);

/** What of one wave, or of all, is where: in the order of a bar, without what is nobody's. */
export function shares(counts: Counts): readonly { kind: ShareKind; count: number }[] {
  const all: { kind: ShareKind; count: number }[] = [
    { kind: "updated", count: count(counts, "confirmed") },
    { kind: "failed", count: count(counts, "failed") },
    { kind: "moving", count: count(counts, "offered", "downloading", "verifying", "restarting", "proving") },
    { kind: "left", count: count(counts, "cancelled") },
    { kind: "waiting", count: count(counts, "planned") },
  ];
  return all.filter((one) => one.count > 0);
}

export type ShareKind = "updated" | "failed" | "moving" | "left" | "waiting";
export const SHARE_WORDS: Readonly<Record<ShareKind, string>> = {
  updated: "updated",
  failed: "failed",
  moving: "on their way",
  left: "left as they were",
  waiting: "waiting",
};

export function total(all: readonly Counts[]): Counts {
  const sum: Partial<Record<Step, number>> = {};
  for (const counts of all)
    for (const [step, number] of Object.entries(counts) as [Step, number][])
      sum[step] = (sum[step] ?? 0) + number;
  return sum;
}

/** "12 devices: 4 updated, 1 failed". */
export function countWords(counts: Counts): string {
  const found = shares(counts);
  const devices = found.reduce((sum, one) => sum + one.count, 0);
  const parts = found.map((one) => `${one.count.toLocaleString()} ${SHARE_WORDS[one.kind]}`);
  return [plural(devices, "device"), parts.join(", ")].filter((part) => part !== "").join(": ");
}
