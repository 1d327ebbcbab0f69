/** A schedule while somebody writes it. */

import type { OutputSetting, Schedule, ScheduleBody } from "@/api/types";

export interface Draft {
  name: string;
  enabled: boolean;
  by: "time" | "sunrise" | "sunset";
  at: string;
  offsetMin: number;
  weekdays: readonly number[];
  exceptions: readonly string[];
  does: "setting" | "scene";
  sceneId: string;
  outputId: string;
  state: OutputSetting["state"];
  /** Minutes, as typed; empty for no timer. */
  minutes: string;
}

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

export const newDraft = (outputId: string, sceneId: string): Draft => ({
  name: "",
  enabled: true,
  by: "time",
  at: "07:00",
  offsetMin: 0,
  weekdays: EVERY_DAY,
  exceptions: [],
  does: outputId === "" && sceneId !== "" ? "scene" : "setting",
  sceneId,
  outputId,
  state: "on",
  minutes: "",
});

export const draftOf = (schedule: Schedule, outputId: string, sceneId: string): Draft => ({
  name: schedule.name,
  enabled: schedule.enabled,
  by: schedule.sun ?? "time",
  at: schedule.at ?? "07:00",
  offsetMin: schedule.offset_min,
  weekdays: schedule.weekdays,
  exceptions: schedule.exceptions,
  does: schedule.setting === null ? "scene" : "setting",
  sceneId: schedule.scene_id ?? sceneId,
  outputId: schedule.setting?.output_id ?? outputId,
  state: schedule.setting?.state ?? "on",
  minutes: schedule.setting?.for_s == null ? "" : String(schedule.setting.for_s / 60),
});

/** What is still missing, or null. */
export function faultOf(draft: Draft): string | null {
  if (draft.name.trim() === "") return "Give it a name.";
  if (draft.weekdays.length === 0) return "Choose at least one weekday.";
  if (draft.by === "time" && draft.at === "") return "Choose a time.";
  if (draft.does === "setting" && draft.outputId === "") return "Choose what is switched.";
  if (draft.does === "scene" && draft.sceneId === "") return "Choose a scene.";
  if (draft.minutes !== "" && !(Number(draft.minutes) > 0)) return "A timer is longer than nothing.";
  return null;
}

export function bodyOf(draft: Draft): ScheduleBody {
  const timed = draft.by === "time";
  return {
    name: draft.name.trim(),
    enabled: draft.enabled,
    at: timed ? draft.at : null,
    sun: draft.by === "time" ? null : draft.by,
    offset_min: timed ? 0 : draft.offsetMin,
    weekdays: draft.weekdays.toSorted((a, b) => a - b),
    exceptions: draft.exceptions.toSorted(),
    ...(draft.does === "scene"
      ? { scene_id: draft.sceneId, setting: null }
      : {
          scene_id: null,
          setting: {
            output_id: draft.outputId,
            state: draft.state,
            ...(draft.minutes === "" ? {} : { for_s: Number(draft.minutes) * 60 }),
          },
        }),
  };
}

/** The same schedule, as the server takes it. */
export const bodyFrom = (schedule: Schedule, change: Partial<ScheduleBody> = {}): ScheduleBody => ({
  name: schedule.name,
  enabled: schedule.enabled,
  at: schedule.at,
  sun: schedule.sun,
  offset_min: schedule.offset_min,
  weekdays: schedule.weekdays,
  exceptions: schedule.exceptions,
  scene_id: schedule.scene_id,
  setting: schedule.setting,
  ...change,
});
