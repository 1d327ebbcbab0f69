import { useState } from "react";

import type { Level, Output } from "@/api/types";
import { shownState, stateWords } from "@/lib/outputs";

import classes from "./Dimmer.module.css";

/** What the slider stands at: a lamp that is simply on shines with all it has. */
export function levelOf(output: Pick<Output, "desired" | "reported" | "levels">): number {
  const [low, high] = output.levels ?? [0, 100];
  const state = shownState(output);
  if (typeof state === "number") return Math.min(Math.max(state, low), high);
  // Its device may have said how bright "on" is.
  if (state === "on") return typeof output.reported === "number" ? output.reported : high;
  return low;
}

/** A slider; the level is sent when it is let go, not on the way. */
export function Dimmer({ output, onLevel }: { output: Output; onLevel: (level: Level) => void }) {
  const [held, setHeld] = useState<number | null>(null);
  const [low, high] = output.levels ?? [0, 100];
  const level = held ?? levelOf(output);
  const send = () => {
    if (held === null) return;
    setHeld(null);
    if (held !== levelOf(output)) onLevel(held);
  };
  return (
    <div className={classes.dimmer}>
      <input
        type="range"
        min={low}
        max={high}
        step={high - low <= 10 ? "any" : 1}
        value={level}
        aria-label={`Brightness of ${output.name}`}
        aria-valuetext={stateWords(level, output.levels)}
        onChange={(event) => setHeld(Number(event.currentTarget.value))}
        onPointerUp={send}
        onKeyUp={send}
        onBlur={send}
      />
      <output className={classes.level}>{stateWords(level, output.levels)}</output>
    </div>
  );
}
