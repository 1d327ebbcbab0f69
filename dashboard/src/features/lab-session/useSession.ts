import { useCallback, useEffect, useEffectEvent, useReducer, useState } from "react";

import { type RecordingDetail, useJudgeTrial, useStartTrial, useStopTrial } from "@/api/lab";

import { beep, END, GO, TICK } from "./sound";
import { advance, AT_MOST_S, count, type Event, isBusy, PRE_S, START, type Step } from "./steps";

const TICK_MS = 50;

export interface Session {
  step: Step;
  /** The trial that was ended here last: what is known of it may be older than its end. */
  ended: string | null;
  tell: (event: Event) => void;
  judge: ReturnType<typeof useJudgeTrial>;
}

/** Runs the steps: asks the server at the right moments, sounds, and lets time pass. */
export function useSession(recording: RecordingDetail): Session {
  const [step, tell] = useReducer((known: Step, event: Event) => advance(known, event), START);
  const start = useStartTrial();
  const stop = useStopTrial();
  const judge = useJudgeTrial();
  const [ended, setEnded] = useState<string | null>(null);
  const { name } = step;

  const ask = useEffectEvent(() => {
    if (step.name === "starting")
      start.mutate(
        { recording: recording.id, pre_s: PRE_S, for_s: AT_MOST_S },
        {
          onSuccess: ({ id }) => tell({ type: "started", trial: id, now: performance.now() }),
          onError: ({ message }) => tell({ type: "refused", why: message }),
        },
      );
    if (step.name === "settling") {
      beep(...END);
      stop.mutate(step.trial, {
        onSuccess: (trial) => {
          setEnded(trial.id);
          tell({ type: "settled", trial, now: performance.now() });
        },
        onError: ({ message }) => tell({ type: "refused", why: message }),
      });
    }
    if (step.name === "pull") beep(...GO);
  });
  useEffect(() => ask(), [name]);

  const pass = useEffectEvent((before: number) => {
    const now = performance.now();
    if (step.name === "countdown") {
      const called = count(step.pullAt, now);
      if (called > 0 && called !== before) beep(...TICK);
      before = called;
    }
    tell({ type: "tick", now });
    return before;
  });
  const passing = name === "countdown" || name === "pull";
  useEffect(() => {
    if (!passing) return;
    let before = -1;
    const timer = setInterval(() => (before = pass(before)), TICK_MS);
    return () => clearInterval(timer);
  }, [passing]);

  const told = useCallback(
    (event: Event) => {
      if (event.type === "cancelled" && "trial" in step && typeof step.trial === "string" && isBusy(step))
        stop.mutate(step.trial);
      tell(event);
    },
    [step, stop],
  );
  return { step, ended, tell: told, judge };
}
