/** Which devices have energy to show, and how an amount of it is written. */

import { formatNumber } from "./units";

// From these the server can tell energy: a register, or power over time.
const TELLS_ENERGY = new Set(["energy", "power", "apparent_power"]);

export const tellsEnergy = (channels: readonly { quantity: string }[]): boolean =>
  channels.some(({ quantity }) => TELLS_ENERGY.has(quantity));

/** "12.41 kWh": more digits than anybody compares say nothing. */
export function kwhWords(kwh: number): string {
  const magnitude = Math.abs(kwh);
  const digits = magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 1 ? 2 : 3;
  return `${formatNumber(kwh, digits)} kWh`;
}
