/** What a device can switch, as far as it has said so. */

import type { Device, Output, Shadow } from "@/api/types";

// Dialects that can be switched; what the others speak has no word for it.
const SWITCHABLE = new Set(["native", "home-control"]);

export const canSwitch = (device: Pick<Device, "state" | "dialect">): boolean =>
  device.state === "claimed" && SWITCHABLE.has(device.dialect);

export const HOME_CONTROL = "home-control";

const likely = (device: Pick<Device, "dialect" | "channels">): boolean =>
  device.dialect === HOME_CONTROL || device.channels.some(({ quantity }) => quantity === "switch");

/** Devices that surely switch something come before meters that may. */
export const likelyFirst = (a: Device, b: Device): number =>
  Number(likely(b)) - Number(likely(a)) || a.name.localeCompare(b.name);

const isState = (value: unknown): boolean =>
  typeof value === "boolean" ||
  typeof value === "number" ||
  (typeof value === "string" && ["on", "off"].includes(value.toLowerCase()));

/** Keys of its outputs that nobody has put into a room yet: announced by `set`, reported, or a channel of a switch. */
export function keysOffered(
  device: Pick<Device, "id" | "channels">,
  shadow: Pick<Shadow, "commands" | "reported">,
  outputs: readonly Pick<Output, "device_id" | "key">[],
): string[] {
  const set = shadow.commands?.find(({ name }) => name === "set");
  const reported = Object.entries(shadow.reported).filter(([, { value }]) => isState(value));
  const known = new Set([
    ...Object.keys(set?.args ?? {}),
    ...reported.map(([key]) => key),
    ...device.channels.filter(({ quantity }) => quantity === "switch").map(({ key }) => key),
  ]);
  for (const output of outputs) if (output.device_id === device.id) known.delete(output.key);
  return [...known];
}

/** A serial for a device that has none to tell: its address, in the letters a serial may have. */
export const serialOf = (address: string): string =>
  `home-${address.replaceAll(/[^A-Za-z0-9.-]+/g, "-")}`.slice(0, 64);
