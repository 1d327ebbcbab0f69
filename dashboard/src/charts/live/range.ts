/** The value axis of a live trace: it grows at once, and comes back slowly, so that the line does not breathe. */

export interface Range {
  low: number;
  high: number;
}

const ROOM = 0.08;
const RETURN = 0.02; // of the distance, per frame
const SMALLEST = 50;

export function follow(shown: Range | null, lowest: number, highest: number): Range {
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) return shown ?? { low: 0, high: 1000 };
  const room = Math.max((highest - lowest) * ROOM, SMALLEST / 2);
  const aim = { low: lowest >= 0 ? 0 : lowest - room, high: Math.max(highest + room, SMALLEST) };
  if (shown === null) return aim;
  return {
    low: aim.low < shown.low ? aim.low : shown.low + (aim.low - shown.low) * RETURN,
    high: aim.high > shown.high ? aim.high : shown.high + (aim.high - shown.high) * RETURN,
  };
}

const STEPS = [1, 2, 5, 10];

/** Round values between `low` and `high`, about `wanted` of them. */
export function ticks({ low, high }: Range, wanted: number): number[] {
  const rough = (high - low) / wanted;
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((one) => one * power >= rough) ?? 10) * power;
  const found: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(at);
  return found;
}
