/** Where the hours and the kWh of a day stand on a chart of it. Pure. */

export const HOURS = 24;

const NICE = [1, 2, 3, 4, 6, 8, 10];
// An axis for a house that takes nothing at all.
const LEAST_KWH = 0.01;

/** The round number of kWh at or above every value. */
export function topOf(days: readonly (readonly (number | null)[])[]): number {
  const highest = Math.max(LEAST_KWH, ...days.flat().map((kwh) => kwh ?? 0));
  const power = 10 ** Math.floor(Math.log10(highest));
  const nice = NICE.find((factor) => highest <= factor * power * (1 + 1e-9)) ?? 10;
  return nice * power;
}

export const xOf = (hour: number, width: number): number => (hour / HOURS) * width;

/** Zero is at the bottom; what is given back to the grid stays there, too. */
export const yOf = (kwh: number, top: number, height: number): number =>
  height - Math.min(1, Math.max(0, kwh / top)) * height;
