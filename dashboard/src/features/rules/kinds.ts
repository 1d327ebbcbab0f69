/** What a rule can watch for, as people say it. */

import type { Channel } from "@/api/types";
import { channelLabel } from "@/lib/channels";

import type { ConditionDraft, Kind } from "./condition";
import { type Draft, type Known, type Watch, watchesOnOff } from "./draft";

export const KINDS: readonly { value: Kind; label: string; hint: string }[] = [
  {
    value: "threshold",
    label: "is above or below a limit",
    hint: "A kettle above 2 kW, a freezer above −15 °C.",
  },
  {
    value: "rate",
    label: "rises or falls fast",
    hint: "The newest value against the highest or lowest of that time.",
  },
  {
    value: "budget",
    label: "uses more than a budget",
    hint: "A meter that counts, in a day or month of the site.",
  },
  { value: "silence", label: "says nothing", hint: "Nothing arrives for several times the usual interval." },
  {
    value: "stuck",
    label: "stays exactly the same",
    hint: "Samples keep coming, and none differs from the other.",
  },
  { value: "implausible", label: "cannot be true", hint: "Outside of what such a quantity can be at all." },
  { value: "clock_skew", label: "has a wrong clock", hint: "Its samples say another time than this server." },
  { value: "weak_signal", label: "has a weak radio signal", hint: "Wi-Fi below so many dBm." },
];

/** Whether a condition makes sense for a channel that somebody names. */
export function suits(kind: Kind, channel: Channel): boolean {
  if (kind === "budget") return channel.kind === "counter";
  if (kind === "weak_signal") return channel.quantity === "signal";
  return kind !== "clock_skew";
}

/** What may be watched in this way. */
export function scopesOf(kind: Kind): readonly Watch["of"][] {
  return kind === "clock_skew" ? ["device", "devices", "all"] : ["channel", "device", "devices", "all"];
}

/** Whether one limit over many channels has to name what they measure. */
export const asksQuantity = (kind: Kind): "must" | "may" | "no" =>
  kind === "threshold" || kind === "rate" || kind === "budget"
    ? "must"
    : kind === "stuck" || kind === "implausible" || kind === "silence"
      ? "may"
      : "no";

const limitWords = (draft: ConditionDraft, onOff: boolean): string => {
  const unit = draft.unit === "" ? "" : ` ${draft.unit}`;
  if (draft.kind === "threshold" && onOff) return draft.bound === "below" ? "is off" : "is on";
  switch (draft.kind) {
    case "threshold":
      return draft.bound === "above"
        ? `above ${draft.above || "…"}${unit}`
        : draft.bound === "below"
          ? `below ${draft.below || "…"}${unit}`
          : `outside ${draft.below || "…"} to ${draft.above || "…"}${unit}`;
    case "rate":
      return "changes fast";
    case "budget":
      return `above ${draft.limit || "…"}${unit} a ${draft.period}`;
    case "silence":
      return "is silent";
    case "stuck":
      return "is stuck";
    case "implausible":
      return "cannot be true";
    case "clock_skew":
      return "has a wrong clock";
    case "weak_signal":
      return "has a weak signal";
  }
};

const LONGEST = 64;

/** A name for a rule that nobody has named: "Kitchen power above 2 kW". */
export function suggestedName(draft: Draft, known: Known): string {
  const { watch } = draft;
  if (draft.mode !== null) return "Several conditions";
  const channel = known.channel(watch.channel);
  const device = known.devices.find(({ id }) => id === watch.device);
  const quantity = watch.quantity.replaceAll("_", " ");
  const subject =
    watch.of === "channel" && channel
      ? `${known.deviceOf(channel.id)?.name ?? ""} ${channelLabel(channel).toLowerCase()}`
      : watch.of === "device" && device
        ? `${device.name} ${quantity}`
        : `Any ${quantity || "device"}`;
  return `${subject.trim()} ${limitWords(draft.condition, watchesOnOff(watch, known))}`
    .slice(0, LONGEST)
    .trim();
}
