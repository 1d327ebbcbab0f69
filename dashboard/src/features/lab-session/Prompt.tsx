import { Button, Group } from "@mantine/core";
import { useEffect, useEffectEvent, useRef, useState } from "react";

import type { ForceTrace } from "@/lib/trace";
import { formatNumber } from "@/lib/units";
import { useFrame } from "@/lib/useFrame";
import { Notice } from "@/ui/Notice";

import classes from "./Prompt.module.css";
import { count, type Event, type Step, TIMING } from "./steps";
import { useSteady } from "./useSteady";

interface PromptProps {
  step: Step;
  tell: (event: Event) => void;
  trace: ForceTrace;
  unit: string;
  /** Something stands in the way: no new trial. */
  stopped: boolean;
  why: string | null;
}

/** What to do now, in large letters, and the one button for it. Space, Enter and the arrows do the same. */
export function Prompt({ step, tell, trace, unit, stopped, why }: PromptProps) {
  const steady = useSteady(trace);
  const primary = (): Event | null => {
    switch (step.name) {
      case "weigh":
        return { type: "weighed", weighed: steady };
      case "ready":
        return stopped ? null : { type: "start" };
      case "pull":
        return { type: "stop", now: performance.now() };
      default:
        return null;
    }
  };
  const secondary = (): Event | null =>
    step.name === "ready"
      ? { type: "reweigh" }
      : step.name === "countdown" || step.name === "pull"
        ? { type: "cancelled" }
        : null;
  const act = (event: Event | null) => {
    if (event !== null) tell(event);
  };
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
    const onControl = (event.target as HTMLElement).closest("button, a, input, select, textarea") !== null;
    const forward =
      event.key === "ArrowRight" || (!onControl && (event.key === " " || event.key === "Enter"));
    const back = event.key === "ArrowLeft" || event.key === "Escape";
    const wanted = forward ? primary() : back ? secondary() : null;
    if (wanted === null) return;
    event.preventDefault();
    tell(wanted);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);

  return (
    <section className={classes.prompt} aria-label="What to do now">
      <p className={classes.say} role="status" aria-live="assertive">
        <Words step={step} />
      </p>
      {step.name === "weigh" && steady === null && (
        <p className={classes.hint}>Stand still for a second, hands off the bar.</p>
      )}
      {step.name === "ready" && (
        <p className={classes.hint}>
          {step.weighed === null
            ? "Not weighed: the quietest second before the pull will be taken."
            : `Weighed ${formatNumber(step.weighed.mean, 0)} ${unit}.`}{" "}
          Take the bar with very slight tension and hold still.
        </p>
      )}
      {step.name === "ready" && steady === null && (
        <p className={classes.hint}>Moving: wait until it is quiet.</p>
      )}
      {(step.name === "weigh" || step.name === "ready") && steady !== null && (
        <p className={classes.hint}>
          Steady: {formatNumber(steady.mean, 0)} {unit}, ± {formatNumber(steady.sd, 1)} {unit}.
        </p>
      )}
      {(step.name === "countdown" || step.name === "pull") && <Left step={step} />}
      {step.name === "ready" && step.trouble !== null && (
        <Notice level="error">Not started: {step.trouble}</Notice>
      )}
      {why !== null && <p className={classes.hint}>{why}</p>}
      <Group grow preventGrowOverflow={false} className={classes.actions ?? ""}>
        {step.name === "weigh" && (
          <Button size="xl" disabled={stopped && why !== null} onClick={() => act(primary())}>
            {steady === null ? "Go on without weighing" : "Weighed: go on"}
          </Button>
        )}
        {step.name === "ready" && (
          <>
            <Button size="xl" disabled={stopped} onClick={() => act(primary())}>
              Start the countdown
            </Button>
            <Button size="xl" variant="default" onClick={() => act(secondary())}>
              Weigh again
            </Button>
          </>
        )}
        {step.name === "pull" && (
          <Button size="xl" onClick={() => act(primary())}>
            Pull is over
          </Button>
        )}
        {(step.name === "countdown" || step.name === "pull") && (
          <Button size="xl" variant="default" onClick={() => act(secondary())}>
            Cancel
          </Button>
        )}
      </Group>
      <p className={classes.keys}>
        <kbd>Space</kbd> or <kbd>→</kbd> goes on, <kbd>←</kbd> goes back
      </p>
    </section>
  );
}

function Words({ step }: { step: Step }) {
  switch (step.name) {
    case "weigh":
      return "Stand still";
    case "ready":
      return "Ready?";
    case "starting":
      return "Starting …";
    case "countdown":
      return <Countdown pullAt={step.pullAt} />;
    case "pull":
      return "Pull, hard and fast!";
    case "settling":
      return "Reading the last samples …";
    default:
      return null;
  }
}

function Countdown({ pullAt }: { pullAt: number }) {
  const [left, setLeft] = useState(() => count(pullAt, performance.now()));
  useFrame((now) => setLeft(count(pullAt, now / 1000)));
  return <span className={classes.count}>{left}</span>;
}

/** How much of this step is left, as a bar. */
function Left({ step }: { step: Step & { name: "countdown" | "pull" } }) {
  const bar = useRef<HTMLDivElement>(null);
  const end = step.name === "countdown" ? step.pullAt : step.endAt;
  const begun = step.name === "countdown" ? end - TIMING.countdownMs : step.since;
  useFrame((now) => {
    if (bar.current === null) return;
    const share = Math.max(0, (end - now / 1000) / Math.max(1, end - begun));
    bar.current.style.transform = `scaleX(${Math.min(1, share)})`;
  });
  return (
    <div className={classes.bar} key={step.name}>
      <div ref={bar} />
    </div>
  );
}
