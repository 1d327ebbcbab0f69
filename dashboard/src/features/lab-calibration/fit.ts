/** A straight line through calibration points, to see at once what a save would give. The server makes its own. Pure. */

export interface Point {
  massKg: number;
  counts: number;
  sd: number;
}

export interface Fit {
  newtonsPerCount: number;
  zeroCounts: number;
  /** Newtons, point by point: measured minus true. */
  residuals: number[];
  worstPercent: number;
}

export const GRAVITY = 9.80665;

/** Least squares of force over counts; null with fewer than two masses. */
export function fitOf(points: readonly Point[], gravity = GRAVITY): Fit | null {
  if (new Set(points.map(({ massKg }) => massKg)).size < 2) return null;
  const n = points.length;
  const meanC = points.reduce((sum, { counts }) => sum + counts, 0) / n;
  const meanF = points.reduce((sum, { massKg }) => sum + massKg * gravity, 0) / n;
  let cc = 0;
  let cf = 0;
  for (const { counts, massKg } of points) {
    cc += (counts - meanC) ** 2;
    cf += (counts - meanC) * (massKg * gravity - meanF);
  }
  if (cc === 0 || cf === 0) return null;
  const newtonsPerCount = cf / cc;
  const zeroCounts = meanC - meanF / newtonsPerCount;
  const residuals = points.map(
    ({ counts, massKg }) => (counts - zeroCounts) * newtonsPerCount - massKg * gravity,
  );
  const full = Math.max(...points.map(({ massKg }) => massKg * gravity));
  return {
    newtonsPerCount,
    zeroCounts,
    residuals,
    worstPercent: full === 0 ? 0 : (Math.max(...residuals.map(Math.abs)) / full) * 100,
  };
}

export type Method = "tare" | "two-point" | "multi-point";

/** What is still missing before it can be saved; null when nothing is. */
export function lacking(method: Method, points: readonly Point[]): string | null {
  const masses = new Set(points.map(({ massKg }) => massKg)).size;
  if (method === "tare") return points.length === 0 ? "Take the reading with nothing on it." : null;
  if (method === "two-point")
    return masses < 2 ? "Two points: with nothing on it, and with a known mass." : null;
  return masses < 3 ? "At least three different masses, nothing being one of them." : null;
}
