/** The course of one trial: weigh → ready → count down → pull → result. Pure: told the time, and what happened. */

import type { Trial } from "@/api/lab";

export interface Timing {
  countdownMs: number;
  pullMs: number;
}

export const TIMING: Timing = { countdownMs: 3_000, pullMs: 5_000 };
/** What was before the start belongs to the trial: the quiet stance is weighed there. */
export const PRE_S = 2;
/** If this page goes away, the server ends the trial by itself. */
export const AT_MOST_S = 30;

export interface Weighed {
  mean: number;
  sd: number;
}

export type Step =
  | { name: "weigh" }
  | { name: "ready"; weighed: Weighed | null; trouble: string | null }
  | { name: "starting"; weighed: Weighed | null }
  | { name: "countdown"; weighed: Weighed | null; trial: string; pullAt: number }
  | { name: "pull"; weighed: Weighed | null; trial: string; since: number; endAt: number }
  | { name: "settling"; weighed: Weighed | null; trial: string; endedAt: number }
  | { name: "result"; weighed: Weighed | null; trial: Trial; tookMs: number }
  | { name: "overview"; weighed: Weighed | null };

export type Event =
  | { type: "weighed"; weighed: Weighed | null }
  | { type: "start" }
  | { type: "started"; trial: string; now: number }
  | { type: "refused"; why: string }
  | { type: "tick"; now: number }
  | { type: "stop"; now: number }
  | { type: "settled"; trial: Trial; now: number }
  | { type: "cancelled" }
  | { type: "next" }
  | { type: "reweigh" }
  | { type: "overview" };

export const START: Step = { name: "weigh" };

const weighedOf = (step: Step): Weighed | null => ("weighed" in step ? step.weighed : null);

/** What follows; an event that has no meaning in a step changes nothing. */
export function advance(step: Step, event: Event, timing: Timing = TIMING): Step {
  const weighed = weighedOf(step);
  switch (event.type) {
    case "weighed":
      return step.name === "weigh" ? { name: "ready", weighed: event.weighed, trouble: null } : step;
    case "start":
      return step.name === "ready" ? { name: "starting", weighed } : step;
    case "started":
      return step.name === "starting"
        ? { name: "countdown", weighed, trial: event.trial, pullAt: event.now + timing.countdownMs }
        : step;
    case "refused":
      return step.name === "starting" || step.name === "settling"
        ? { name: "ready", weighed, trouble: event.why }
        : step;
    case "tick":
      return passed(step, event.now, timing);
    case "stop":
      return step.name === "pull"
        ? { name: "settling", weighed, trial: step.trial, endedAt: event.now }
        : step;
    case "settled":
      return step.name === "settling" && step.trial === event.trial.id
        ? { name: "result", weighed, trial: event.trial, tookMs: event.now - step.endedAt }
        : step;
    case "cancelled":
      return step.name === "countdown" || step.name === "pull"
        ? { name: "ready", weighed, trouble: null }
        : step;
    case "next":
      return step.name === "result" || step.name === "overview"
        ? weighed === null
          ? { name: "weigh" }
          : { name: "ready", weighed, trouble: null }
        : step;
    case "reweigh":
      return step.name === "ready" || step.name === "result" || step.name === "overview"
        ? { name: "weigh" }
        : step;
    case "overview":
      return isBusy(step) ? step : { name: "overview", weighed };
  }
}

function passed(step: Step, now: number, { pullMs }: Timing): Step {
  if (step.name === "countdown" && now >= step.pullAt)
    return {
      name: "pull",
      weighed: step.weighed,
      trial: step.trial,
      since: step.pullAt,
      endAt: step.pullAt + pullMs,
    };
  if (step.name === "pull" && now >= step.endAt)
    return { name: "settling", weighed: step.weighed, trial: step.trial, endedAt: now };
  return step;
}

/** A trial is on its way. */
export const isBusy = ({ name }: Step): boolean =>
  name === "starting" || name === "countdown" || name === "pull" || name === "settling";

/** The number that is called out before the pull: 3, 2, 1; 0 when it is time. */
export const count = (pullAt: number, now: number): number => Math.max(0, Math.ceil((pullAt - now) / 1000));

const NAMES = ["Weigh", "Ready", "Pull", "Result"] as const;

/** Which of `STAGES` a step belongs to. */
export const stageOf = ({ name }: Step): number =>
  ({ weigh: 0, ready: 1, starting: 1, countdown: 1, pull: 2, settling: 2, result: 3, overview: 3 })[name];

export const STAGES: readonly string[] = NAMES;
