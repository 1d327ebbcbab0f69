import { expect, it } from "vitest";

import { around } from "./around";
import { hoursOf, tomorrow } from "./snoozing";
import { transitionWords } from "./words";

const at = (text: string) => Date.parse(text);

it("tomorrow begins at seven on the clocks of the site", () => {
  expect(tomorrow(at("2026-11-21T15:30:20Z"), "Europe/Budapest")).toBe(at("2026-11-22T06:00:00Z"));
  // Three in the night: not in four hours, but nor a whole day later than that.
  expect(tomorrow(at("2026-11-21T01:00:00Z"), "Europe/Budapest")).toBe(at("2026-11-21T06:00:00Z"));
  expect(tomorrow(at("2026-11-21T04:00:00Z"), "Europe/Budapest")).toBe(at("2026-11-22T06:00:00Z"));
});

it("tomorrow begins at seven also when the clocks change in between", () => {
  expect(tomorrow(at("2026-10-24T20:00:00Z"), "Europe/Budapest")).toBe(at("2026-10-25T06:00:00Z"));
  expect(tomorrow(at("2026-03-28T20:00:00Z"), "Europe/Budapest")).toBe(at("2026-03-29T05:00:00Z"));
});

it("hours are more than nothing and at most a month", () => {
  expect(["4", "0,5", "", "0", "-1", "721", "soon"].map(hoursOf)).toEqual([
    14_400,
    1800,
    null,
    null,
    null,
    null,
    null,
  ]);
});

it("a chart shows an alert with what was before and after, and never the future", () => {
  expect(around(1_000_000_000, 1_000_600_000, 2_000_000_000)).toEqual({
    from: 999_100_000,
    to: 1_001_500_000,
  });
  expect(around(1_000_000_000, null, 1_000_600_000).to).toBe(1_000_600_000);
});

it("says what happened, and by whom", () => {
  const step = { at: 0, event: "acknowledged" as const, actor: "ada", note: "tea", value: null };
  expect(transitionWords(step)).toBe("Acknowledged by ada: tea");
  expect(transitionWords({ ...step, event: "snoozed", note: "for 3600 s" })).toBe("Snoozed for 1 h by ada");
  expect(transitionWords({ ...step, event: "snoozed", note: "ended" })).toBe("The snooze was ended by ada");
  expect(transitionWords({ ...step, event: "cleared", actor: "", note: "" })).toBe("Cleared by itself");
});
