import { describe, expect, it } from "vitest";

import type { Schedule } from "@/api/types";

import { bodyFrom, bodyOf, draftOf, faultOf, newDraft } from "./draft";

const dusk: Schedule = {
  id: "1",
  name: "Dusk",
  enabled: true,
  at: null,
  sun: "sunset",
  offset_min: -15,
  weekdays: [0, 4],
  exceptions: ["2025-12-24"],
  scene_id: null,
  setting: { output_id: "3", state: 40, for_s: 1800 },
  author: "ada",
  next_run: null,
  on_device: false,
};

describe("a schedule that is edited", () => {
  it("comes back as it was when nothing is changed", () => {
    expect(bodyOf(draftOf(dusk, "9", ""))).toEqual(bodyFrom(dusk));
  });

  it("forgets the sun's offset when it runs by the clock", () => {
    expect(bodyOf({ ...draftOf(dusk, "9", ""), by: "time", at: "06:30" })).toMatchObject({
      at: "06:30",
      sun: null,
      offset_min: 0,
    });
  });

  it("runs a scene or one setting, not both", () => {
    expect(bodyOf({ ...draftOf(dusk, "9", "2"), does: "scene" })).toMatchObject({
      scene_id: "2",
      setting: null,
    });
  });

  it("says what is missing", () => {
    const draft = { ...newDraft("3", ""), name: "Morning" };
    expect(faultOf(draft)).toBeNull();
    expect(faultOf({ ...draft, name: " " })).toMatch("name");
    expect(faultOf({ ...draft, weekdays: [] })).toMatch("weekday");
    expect(faultOf({ ...draft, does: "scene" })).toMatch("scene");
    expect(faultOf({ ...draft, minutes: "0" })).toMatch("timer");
    expect(faultOf({ ...draft, at: "" })).toMatch("time");
  });

  it("begins with a scene where nothing else is there", () => {
    expect(newDraft("", "2").does).toBe("scene");
  });
});
