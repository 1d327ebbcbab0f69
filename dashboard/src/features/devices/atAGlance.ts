/** What the first page says at a glance, in numbers and words. Pure. */

import type { Values } from "@/api/live/frames";
import type { DayEnergy, Device, DeviceShare, Output } from "@/api/types";
import { isOn, shownState } from "@/lib/outputs";
import { formatNumber } from "@/lib/units";

export interface PowerNow {
  /** null while no counted device is there to say so. */
  watts: number | null;
  /** Counted devices that measure power but are silent: their part is missing. */
  silent: number;
}

/** The power of all counted devices that are there. */
export function powerNow(
  shares: readonly DeviceShare[],
  devices: readonly Device[],
  values: Values,
): PowerNow {
  const online = new Set(devices.filter((device) => device.online).map(({ id }) => id));
  const counted = shares.filter(({ counted, power }) => counted && power !== null);
  const told = counted.flatMap(({ device, power }) => {
    const value = online.has(device) ? values[power ?? ""]?.[1] : undefined;
    return value === undefined ? [] : [value];
  });
  return {
    watts: told.length === 0 ? null : told.reduce((sum, watts) => sum + watts, 0),
    silent: counted.length - told.length,
  };
}

// Below that a difference is within what a minute more or less makes.
const SAME_SHARE = 0.02;
// A share of almost nothing says nothing.
const LEAST_KWH = 0.05;

/** "8 % more than", "as much as"; null where there is nothing to compare with. */
export function comparison(now: number | null, before: number | null): string | null {
  if (now === null || before === null || before < LEAST_KWH) return null;
  const share = now / before - 1;
  if (Math.abs(share) < SAME_SHARE) return "as much as";
  if (share >= 1) return `${formatNumber(now / before, 1)} times`;
  return `${formatNumber(Math.abs(share) * 100, 0)} % ${share > 0 ? "more" : "less"} than`;
}

/** Its hour of the day in the zone of the site. */
export const hourOf = (at: number, zone: string): number =>
  Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone: zone }).format(at));

export const hasEnergy = (...days: readonly DayEnergy[]): boolean => days.some(({ kwh }) => kwh !== null);

export const areOn = (outputs: readonly Output[]): Output[] =>
  outputs.filter((output) => isOn(shownState(output)));

/** "Kettle, Porch light and 2 more". */
export function named(names: readonly string[], most = 2): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(", ")} and ${rest} more` : names.join(", ");
}
