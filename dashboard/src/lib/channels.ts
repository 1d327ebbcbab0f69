/** Which channels of a device say most, and what they are called. */

import { formatValue, type Reading } from "./units";

interface Named {
  key: string;
  /** What somebody called it; the key when nobody did. */
  label?: string;
  quantity: string;
}

interface Measured extends Named {
  unit: string;
  kind: string;
  decimals: number;
  /** The unit somebody chose; "" = what reads best. */
  display_unit?: string;
}

// What people look for first, first. A quantity that is not listed comes after all that are.
const TELLING = [
  "power",
  "force",
  "switch",
  "state",
  "presence",
  "energy",
  "current",
  "voltage",
  "temperature",
  "humidity",
  "pressure",
  "illuminance",
  "mass",
  "volume",
  "pulses",
  "generic",
  "energy_export",
  "apparent_power",
  "reactive_power",
  "power_factor",
  "frequency",
  "battery",
];

const rank = (channel: Named): number => {
  const place = TELLING.indexOf(channel.quantity);
  return place === -1 ? TELLING.length : place;
};

/** The same channels, the most telling first; equals keep their order. */
export function byImportance<T extends Named>(channels: readonly T[]): T[] {
  return channels.toSorted((a, b) => rank(a) - rank(b));
}

/** "apparent_power" → "Apparent power". */
export function humanise(key: string): string {
  const words = key.replaceAll(/[_\-./]+/g, " ").trim();
  return words === "" ? key : words.charAt(0).toUpperCase() + words.slice(1);
}

export const channelLabel = ({ key, label = key }: Named): string => (label === key ? humanise(key) : label);

const ON_OFF = new Set(["switch", "presence"]);

/** Whether values of this quantity are 0 or 1, and called off or on. */
export const isOnOff = (quantity: string): boolean => ON_OFF.has(quantity);

/** What to show for a value of this channel; a dash when there is none. */
export function readingOf(channel: Measured, value: number | null | undefined): Reading {
  if (value === null || value === undefined) return { text: "–", unit: "" };
  if (isOnOff(channel.quantity)) return { text: value === 0 ? "Off" : "On", unit: "" };
  return formatValue(value, channel.unit, channel.decimals, channel.display_unit);
}
