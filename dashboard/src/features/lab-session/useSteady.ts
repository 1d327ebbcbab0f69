import { useRef, useState } from "react";

import type { ForceTrace } from "@/lib/trace";
import { useFrame } from "@/lib/useFrame";

import type { Weighed } from "./steps";

const LOOK_US = 250_000;
const WINDOW_US = 1_000_000;
/** A standing person is within this (newtons); raw counts are judged by their share. */
const STEADY_N = 15;
const STEADY_SHARE = 0.02;
const FEWEST = 10;

/** The weight of the last second, if it was quiet; null while it moves. Looked at four times a second. */
export function useSteady(trace: ForceTrace): Weighed | null {
  const [steady, setSteady] = useState<Weighed | null>(null);
  const looked = useRef(0);
  useFrame((now) => {
    if (now - looked.current < LOOK_US) return;
    looked.current = now;
    const to = trace.playhead.at(now);
    const silent = trace.heardAt === null || now - trace.heardAt > WINDOW_US;
    if (to === null || silent) {
      setSteady(null);
      return;
    }
    const { count, mean, sd } = trace.total.spread(to - WINDOW_US, to);
    const quiet = count >= FEWEST && sd <= Math.max(STEADY_N, Math.abs(mean) * STEADY_SHARE);
    setSteady((known) => {
      if (!quiet) return null;
      const same =
        known !== null && Math.round(known.mean) === Math.round(mean) && Math.abs(known.sd - sd) < 0.1;
      return same ? known : { mean, sd };
    });
  });
  return steady;
}
