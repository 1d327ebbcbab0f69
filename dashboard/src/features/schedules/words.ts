/** What a schedule does and when, as a sentence. */

import type { Output, OutputSetting, Scene, Schedule } from "@/api/types";
import { stateWords } from "@/lib/outputs";
import { duration } from "@/lib/time";
import { dayWords } from "@/lib/zoned";

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

type When = Pick<Schedule, "at" | "sun" | "offset_min" | "weekdays">;
type What = Pick<Schedule, "scene_id" | "setting">;

const same = (a: readonly number[], b: readonly number[]) => a.join() === b.join();

/** "every day", "Mon to Fri", "on Mon, Wed". */
export function daysWords(weekdays: readonly number[]): string {
  const days = weekdays.toSorted((a, b) => a - b);
  if (days.length === 7) return "every day";
  if (same(days, [0, 1, 2, 3, 4])) return "Mon to Fri";
  if (same(days, [5, 6])) return "Sat and Sun";
  return `on ${days.map((day) => WEEKDAYS[day] ?? "?").join(", ")}`;
}

/** "at 07:00, Mon to Fri"; "30 min before sunset, every day". */
export function whenWords({ at, sun, offset_min: offset, weekdays }: When): string {
  const moment =
    at !== null
      ? `at ${at}`
      : offset === 0
        ? `at ${sun ?? "sunset"}`
        : `${duration(Math.abs(offset) * 60_000)} ${offset < 0 ? "before" : "after"} ${sun ?? "sunset"}`;
  return `${moment}, ${daysWords(weekdays)}`;
}

/** "Kettle on for 30 min"; "the scene Evening". */
export function whatWords(
  { scene_id: scene, setting }: What,
  scenes: readonly Pick<Scene, "id" | "name">[],
  outputs: readonly Pick<Output, "id" | "name" | "levels">[],
): string {
  if (setting === null) {
    const name = scenes.find(({ id }) => id === scene)?.name;
    return name === undefined ? "a scene that was removed" : `the scene ${name}`;
  }
  return settingWords(setting, outputs);
}

function settingWords(
  setting: OutputSetting,
  outputs: readonly Pick<Output, "id" | "name" | "levels">[],
): string {
  const output = outputs.find(({ id }) => id === setting.output_id);
  const span = setting.for_s == null ? "" : ` for ${duration(setting.for_s * 1000)}`;
  return `${output?.name ?? "an output that was removed"} ${stateWords(setting.state, output?.levels)}${span}`;
}

export const exceptionsWords = (dates: readonly string[]): string =>
  dates.map((date) => dayWords(date, { day: "numeric", month: "short", year: "numeric" })).join(", ");
