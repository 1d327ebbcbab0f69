/** Where messages go and whether they arrive, in words. */

import type { Target } from "@/api/types";
import { ago, duration } from "@/lib/time";

export const WAYS: readonly { value: string; label: string; help: string }[] = [
  {
    value: "email",
    label: "E-mail",
    help: "Through any mail server: your provider's, or one in your own network.",
  },
  {
    value: "ntfy",
    label: "ntfy, to a phone",
    help: "Push messages through an ntfy server in your own network; works without Internet.",
  },
  {
    value: "webhook",
    label: "Webhook",
    help: "A POST of JSON to a program of yours, signed so that it can trust it.",
  },
  {
    value: "apprise",
    label: "Telegram, Gotify, Matrix and others",
    help: "More than a hundred services, by their Apprise address, such as tgram://bot-token/chat-id.",
  },
];

export const wayLabel = (kind: string): string =>
  kind === "apprise" ? "Apprise" : (WAYS.find(({ value }) => value === kind)?.label ?? kind);

/** "From warning on · collected for 15 min · quiet 22:00 to 07:00". */
export function wishesWords(target: Target): string {
  return [
    target.min_severity === "info"
      ? "everything"
      : target.min_severity === "warning"
        ? "from warning on"
        : "only critical",
    target.escalation && "only what nobody acknowledged in time",
    target.digest_min > 0 && `collected for ${duration(target.digest_min * 60_000)}`,
    target.quiet !== null && `quiet ${target.quiet.start} to ${target.quiet.end}`,
    target.cleared && "also when it is over",
  ]
    .filter((word) => word !== false)
    .join(" · ");
}

/** How it goes: null while nothing was sent. */
export function healthWords(target: Target, now: number): { bad: boolean; text: string } | null {
  const waiting = target.waiting > 0 ? `, ${target.waiting} not delivered yet` : "";
  if (target.failed_at !== null)
    return { bad: true, text: `Failed ${ago(target.failed_at, now)}: ${target.failure}${waiting}` };
  if (target.sent_at !== null)
    return { bad: false, text: `Last arrived ${ago(target.sent_at, now)}${waiting}` };
  return target.waiting > 0 ? { bad: false, text: `${target.waiting} not delivered yet` } : null;
}
