import { instant } from "@/lib/time";
import { reasonWords, type Step } from "@/lib/updates";

import { StepTag } from "./StepTag";
import classes from "./StepTimeline.module.css";

interface StepTimelineProps {
  /** Oldest first. */
  events: readonly { at: number; state: Step; detail: string }[];
}

/** What happened to one device, step by step. */
export function StepTimeline({ events }: StepTimelineProps) {
  if (events.length === 0) return <p className={classes.none}>Nothing has happened yet.</p>;
  return (
    <ol className={classes.events} aria-label="History">
      {events.map(({ at, state, detail }, place) => (
        <li key={place}>
          <time dateTime={new Date(at).toISOString()}>{instant(at, 0)}</time>
          <StepTag step={state} />
          {detail !== "" && <span>{state === "failed" ? reasonWords(detail) : detail}</span>}
        </li>
      ))}
    </ol>
  );
}
