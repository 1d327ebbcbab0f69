import { describe, expect, it } from "vitest";

import type { WeekDay, WeekRun } from "@/api/types";

import { clockChange, daylight, ENTRY_MIN, entriesOf, hoursOf, nowIn } from "./layout";
import { daysWords, whatWords, whenWords } from "./words";

const ZONE = "Europe/Vienna";
const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2025, 10, 23, 23); // the 24th in Vienna

const aDay = (given: Partial<WeekDay> = {}): WeekDay => ({
  date: "2025-11-24",
  start: MIDNIGHT,
  end: MIDNIGHT + 24 * HOUR,
  sunrise: null,
  sunset: null,
  ...given,
});
const at = (hours: number, id = "1"): WeekRun => ({
  schedule_id: id,
  at: MIDNIGHT + hours * HOUR,
  excepted: false,
});

describe("the entries of a day", () => {
  it("stand at their time of day", () => {
    expect(entriesOf(aDay(), [at(7), at(18.5)], ZONE).map(({ top }) => top)).toEqual([420, 1110]);
  });

  it("move apart where they would cover each other", () => {
    expect(entriesOf(aDay(), [at(7), at(7), at(7.5)], ZONE).map(({ top }) => top)).toEqual([
      420,
      420 + ENTRY_MIN,
      420 + 2 * ENTRY_MIN,
    ]);
  });

  it("stay within the day at its end", () => {
    const tops = entriesOf(aDay(), [at(23.8), at(23.9)], ZONE).map(({ top }) => top);
    expect(tops).toEqual([1440 - 2 * ENTRY_MIN, 1440 - ENTRY_MIN]);
  });

  it("are only its own", () => {
    expect(entriesOf(aDay(), [at(-1), at(24), at(3)], ZONE)).toHaveLength(1);
  });
});

describe("the change of the clocks", () => {
  it("is said where it happens", () => {
    expect(clockChange(aDay())).toBeNull();
    expect(clockChange(aDay({ end: MIDNIGHT + 25 * HOUR }))).toBe("25 hours: the clocks go back");
    expect(clockChange(aDay({ end: MIDNIGHT + 23 * HOUR }))).toBe("23 hours: the clocks go forward");
    expect(hoursOf(aDay({ end: MIDNIGHT + 23 * HOUR }))).toBe(23);
  });
});

it("knows light from dark, and says nothing where the sun does not rise", () => {
  const day = aDay({ sunrise: MIDNIGHT + 7 * HOUR, sunset: MIDNIGHT + 16 * HOUR });
  expect(daylight(day, ZONE)).toEqual({ from: 420, to: 960 });
  expect(daylight(aDay(), ZONE)).toBeNull();
});

it("finds the present in its own week only", () => {
  const week = { zone: ZONE, days: [aDay()], runs: [] };
  expect(nowIn(week, MIDNIGHT + 2 * HOUR)).toEqual({ date: "2025-11-24", minutes: 120 });
  expect(nowIn(week, MIDNIGHT - 1)).toBeNull();
});

describe("a schedule as a sentence", () => {
  it("says when", () => {
    const when = { at: "07:00", sun: null, offset_min: 0, weekdays: [0, 1, 2, 3, 4] } as const;
    expect(whenWords({ ...when, weekdays: [...when.weekdays] })).toBe("at 07:00, Mon to Fri");
    expect(whenWords({ at: null, sun: "sunset", offset_min: -30, weekdays: [0, 1, 2, 3, 4, 5, 6] })).toBe(
      "30 min before sunset, every day",
    );
    expect(whenWords({ at: null, sun: "sunrise", offset_min: 90, weekdays: [5, 6] })).toBe(
      "1 h 30 min after sunrise, Sat and Sun",
    );
    expect(daysWords([2, 0])).toBe("on Mon, Wed");
  });

  it("says what, also when that is gone", () => {
    const outputs = [{ id: "1", name: "Kettle", levels: null }];
    const what = { scene_id: null, setting: { output_id: "1", state: "on", for_s: 1800 } } as const;
    expect(whatWords(what, [], outputs)).toBe("Kettle on for 30 min");
    expect(whatWords(what, [], [])).toBe("an output that was removed on for 30 min");
    expect(whatWords({ scene_id: "3", setting: null }, [{ id: "3", name: "Evening" }], [])).toBe(
      "the scene Evening",
    );
    expect(whatWords({ scene_id: "4", setting: null }, [], [])).toBe("a scene that was removed");
  });
});
