import { duration, instant } from "@/lib/time";

import { RANGES, type View } from "./span";

/** "Last 15 minutes, live" or "21 Nov, 14:00 to 21 Nov, 15:30". */
export function spanWords(view: View): string {
  if (view.kind === "live") {
    const known = RANGES.find(({ span }) => span === view.span);
    return `Last ${known?.said ?? duration(view.span)}, live`;
  }
  // Seconds matter in short spans only.
  const spacing = (view.to - view.from) / 10;
  return `${instant(view.from, Math.min(spacing, 3_600_000))} to ${instant(view.to, Math.min(spacing, 3_600_000))}`;
}
