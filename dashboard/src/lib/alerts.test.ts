import { expect, it } from "vitest";

import { anAlert } from "@/testing/builders";

import { marksOf, standingOf, standingWords } from "./alerts";

const MINUTE = 60_000;

it("a snoozed alert is one that says nothing until its time", () => {
  const alert = anAlert({ snoozed_until: 10 * MINUTE });
  expect(standingOf(alert, 5 * MINUTE)).toBe("snoozed");
  expect(standingOf(alert, 11 * MINUTE)).toBe("raised");
  expect(standingOf({ ...alert, state: "cleared" }, 5 * MINUTE)).toBe("cleared");
});

it("says who is on it, or how long it lasted", () => {
  const seen = anAlert({ state: "acknowledged", acknowledged_by: "ada" });
  expect(standingWords(seen, 0, "ada")).toBe("Acknowledged by you");
  expect(standingWords(seen, 0, "bela")).toBe("Acknowledged by ada");
  const over = anAlert({ state: "cleared", raised_at: 0, cleared_at: 7 * MINUTE });
  expect(standingWords(over, 0)).toBe("Cleared after 7 min");
});

it("is a mark on the chart of its channel, and none without a channel", () => {
  const open = anAlert({ id: "3", channel_id: "10", severity: "critical", raised_at: 5, cleared_at: null });
  const marks = marksOf([open, anAlert({ channel_id: null })]);
  expect(marks).toHaveLength(1);
  expect(marks[0]).toMatchObject({ id: "3", series: "10", at: 5, until: null, tone: "critical" });
  expect(marks[0]?.label).toContain("still open");
});
