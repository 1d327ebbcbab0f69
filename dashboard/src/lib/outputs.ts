/** What is known of a light or a relay, in words: desired, reported, confirmed. */

import { duration } from "./time";
import { formatNumber } from "./units";

/** "on", "off", or the level of a dimmer. */
export type State = "on" | "off" | number;

export interface Known {
  desired: State | null;
  reported: State | null;
  confirmed: boolean;
  online: boolean;
  /** Why it counts as unconfirmed; "" while there is hope. */
  doubt: string;
  power_channel_id: string | null;
  levels?: readonly [number, number] | readonly number[] | null;
}

/**
 * How sure we are of the state shown.
 * `sent`: wished, not heard of · `reported`: its device says so, the watts do not yet · `confirmed` · `doubted`: little
 * hope · `waiting`: its device is away and will be told · `away`: nothing is open, but its device is away ·
 * `known`: nobody has switched it from here.
 */
export type Phase = "sent" | "reported" | "confirmed" | "doubted" | "waiting" | "away" | "known";

export const isOn = (state: State | null): boolean =>
  state === "on" || (typeof state === "number" && state > 0);

/** The state to show: what is wished, else what its device says. */
export const shownState = ({ desired, reported }: Pick<Known, "desired" | "reported">): State | null =>
  desired ?? reported;

/** Whether a report fulfils a wish; a dimmer may answer "on" with its level. */
export function agrees(desired: State, reported: State | null): boolean {
  if (reported === null) return false;
  if (typeof desired === "number" && typeof reported === "number") return desired === reported;
  if (typeof desired === "number") return desired === 0 && reported === "off";
  return isOn(reported) === (desired === "on");
}

/** "on", "off", "40 %"; a level on another scale is a bare number. */
export function stateWords(state: State, levels?: Known["levels"]): string {
  if (typeof state === "string") return state;
  const perCent = levels == null || levels[1] === 100;
  return `${formatNumber(state, Number.isInteger(state) ? 0 : 1)}${perCent ? " %" : ""}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function phaseOf(output: Known): Phase {
  const { desired, reported, confirmed, online, doubt } = output;
  if (desired === null) return online ? "known" : "away";
  if (confirmed) return online ? "confirmed" : "away";
  if (!online) return "waiting";
  if (doubt !== "") return "doubted";
  return agrees(desired, reported) ? "reported" : "sent";
}

/** One short sentence for each phase. */
export function statusWords(output: Known): string {
  const { desired, reported, power_channel_id: channel, levels } = output;
  const said = (state: State) => stateWords(state, levels);
  switch (phaseOf(output)) {
    case "known":
      return reported === null ? "Not switched yet" : `${capital(said(reported))}, says its device`;
    case "away": {
      const last = shownState(output);
      return last === null ? "Offline" : `Offline, was ${said(last)}`;
    }
    case "waiting":
      return `Offline: will be ${said(desired ?? "off")} once it is back`;
    case "doubted":
      return `Not confirmed: ${output.doubt}`;
    case "reported":
      return `Reported ${said(desired ?? "off")}, waiting for the power meter`;
    case "sent":
      return typeof desired === "number"
        ? `Dimming to ${said(desired)} …`
        : `Switching ${said(desired ?? "off")} …`;
    case "confirmed":
      return `${capital(said(desired ?? "off"))}, confirmed${channel === null ? "" : " by its power"}`;
  }
}

// Who sets outputs without being a person.
const AUTHORS: Readonly<Record<string, string>> = {
  device: "at the device",
  timer: "by its timer",
  schedule: "by a schedule",
  "load limit": "by the load limit",
  "lost link": "because its link was lost",
  "restart of the device": "after a restart of its device",
  server: "by the server",
};

/** "by you", "by ada", "at the device". */
export function authorWords(author: string, me: string): string {
  if (author === me) return "by you";
  return AUTHORS[author] ?? `by ${author.replace(/^token:(.*)$/, "the token “$1”")}`;
}

/** "29 min left"; a moment that has passed is about to be noticed. */
export const leftWords = (untilAt: number, now: number): string => {
  const left = untilAt - now;
  return left <= 0 ? "any moment" : `${duration(Math.ceil(left / 1000) * 1000)} left`;
};
