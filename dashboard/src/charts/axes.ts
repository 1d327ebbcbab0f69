import type uPlot from "uplot";

import { conversionTo, displayScale, formatNumber } from "@/lib/units";

import type { Panel } from "./series";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;
const MONTH = 28 * DAY;

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(undefined, options);
const withSeconds = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const withMinutes = format({ hour: "2-digit", minute: "2-digit" });
const withDay = format({ day: "numeric", month: "short" });
const withMonth = format({ month: "short", year: "numeric" });

/** Labels of the time axis, local time; midnight shows its day. */
export function timeLabels(ticks: readonly number[], stepMs: number): string[] {
  return ticks.map((at) => {
    const moment = new Date(at);
    if (stepMs >= MONTH) return withMonth.format(moment);
    if (stepMs >= DAY) return withDay.format(moment);
    if (moment.getHours() === 0 && moment.getMinutes() === 0 && moment.getSeconds() === 0)
      return withDay.format(moment);
    return (stepMs < MINUTE ? withSeconds : withMinutes).format(moment);
  });
}

/** Labels of a value axis, all in the same unit: the one somebody chose (`display`), else the one that reads best. */
export function valueLabels(ticks: readonly number[], unit: string, display = ""): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  const chosen = conversionTo(unit, display);
  const scale = chosen ? { ...chosen, unit: display } : { ...displayScale(unit, largest), offset: 0 };
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0)) * scale.factor;
  const decimals = Math.max(0, Math.min(4, -Math.floor(Math.log10(step) + 1e-9)));
  return ticks.map((tick) =>
    `${formatNumber(tick * scale.factor + scale.offset, decimals)} ${scale.unit}`.trim(),
  );
}

// When the smallest value is below this share of the largest, the axis starts at zero: a fall to a third then looks like one.
const FROM_ZERO_BELOW = 0.6;
const HEADROOM = 0.08;

/** Lowest and highest value of the axis for the values in view. */
export function valueRange(kind: Panel["kind"], low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  if (kind === "state") return [Math.min(0, low) - 0.1, Math.max(1, high) + 0.1];
  const headroom = (high - low || Math.abs(high) || 1) * HEADROOM;
  if (kind === "counter" || (low >= 0 && low < high * FROM_ZERO_BELOW)) return [0, high + headroom];
  return [low - headroom, high + headroom];
}
