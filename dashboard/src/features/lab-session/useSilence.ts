import { useState } from "react";

import type { ForceTrace } from "@/lib/trace";
import { useFrame } from "@/lib/useFrame";

const STEP_MS = 1_000;

/** How long nothing has come, in whole seconds (ms); null before anything came. Renders once a second at most. */
export function useSilence(trace: ForceTrace): number | null {
  const [silent, setSilent] = useState<number | null>(null);
  useFrame((now) => {
    const ms = trace.heardAt === null ? null : (now - trace.heardAt) / 1000;
    const said = ms === null ? null : ms < STEP_MS ? 0 : Math.floor(ms / STEP_MS) * STEP_MS;
    if (said !== silent) setSilent(said);
  });
  return silent;
}
