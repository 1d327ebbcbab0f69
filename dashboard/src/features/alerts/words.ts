/** What happened to an alert, in words. */

import type { Alert, AlertTransition, Channel, Device } from "@/api/types";
import { channelLabel, readingOf } from "@/lib/channels";
import { duration } from "@/lib/time";

export interface Place {
  device: Device | null;
  channel: Channel | null;
}

/** Where it was found, as far as this person may see it. */
export function placeOf(alert: Alert, devices: readonly Device[]): Place {
  const device = devices.find(({ id }) => id === alert.device_id) ?? null;
  return { device, channel: device?.channels.find(({ id }) => id === alert.channel_id) ?? null };
}

/** "Power 2.400 kW when it was raised"; empty where no single value decided. */
export function valueWords({ value }: Alert, { channel }: Place): string {
  if (value === null || channel === null) return "";
  const { text, unit } = readingOf(channel, value);
  return `${channelLabel(channel)} ${text} ${unit}`.trim();
}

const EVENTS: Readonly<Record<AlertTransition["event"], string>> = {
  raised: "Raised",
  again: "Came back: the same alert, counted once more",
  acknowledged: "Acknowledged",
  snoozed: "Snoozed",
  woken: "The snooze was over; people were told again",
  escalated: "Nobody had acknowledged it: more people were told",
  cleared: "Cleared",
};

const SNOOZE = /^for ([\d.e+]+) s$/;

/** "Acknowledged by ada: boiling tea", "Cleared by itself". */
export function transitionWords({ event, actor, note }: AlertTransition): string {
  const by = actor === "" ? (event === "cleared" ? " by itself" : "") : ` by ${actor}`;
  if (event === "snoozed") {
    const [, seconds] = SNOOZE.exec(note) ?? [];
    return seconds === undefined
      ? `The snooze was ended${by}`
      : `Snoozed for ${duration(Number(seconds) * 1000)}${by}`;
  }
  return `${EVENTS[event]}${by}${note === "" ? "" : `: ${note}`}`;
}

const TOLD: Readonly<Record<string, string>> = {
  raised: "that it is raised",
  escalated: "that nobody has acknowledged it",
  cleared: "that it is over",
  "action raised": "as what the rule does",
  "action cleared": "as what the rule does when it is over",
};

export const toldWords = (event: string): string => TOLD[event] ?? event;

export const countWords = (count: number): string => (count < 2 ? "" : `came ${count} times`);
