import { describe, expect, it } from "vitest";

import type { Rule, RuleBody, SimpleCondition } from "@/api/types";
import { aChannel, aDevice } from "@/testing/builders";

import { numberOf, secondsOf, spanOf } from "./amounts";
import { bodyFrom, bodyOf, type Draft, draftOf, knownOf, newDraft } from "./draft";
import { suggestedName } from "./kinds";

const power = aChannel({ id: "10" });
const attic = aChannel({
  id: "20",
  key: "t",
  quantity: "temperature",
  unit: "°C",
  display_unit: "°F",
  label: "t",
});
const energy = aChannel({
  id: "30",
  key: "energy",
  quantity: "energy",
  unit: "Wh",
  kind: "counter",
  label: "energy",
});
const relay = aChannel({
  id: "40",
  key: "relay",
  quantity: "switch",
  unit: "",
  kind: "state",
  label: "relay",
});
const known = knownOf([
  aDevice({ id: "1", name: "Kitchen", channels: [power, energy, relay] }),
  aDevice({ id: "2", name: "Attic", channels: [attic] }),
]);

const aRule = (given: Partial<Rule> = {}): Rule => ({
  id: "7",
  name: "Kettle",
  condition: { kind: "threshold", above: 2000, below: null, for_s: 300, hysteresis: 100 },
  scope: { channel_id: "10" },
  severity: "warning",
  enabled: true,
  quiet: null,
  cooldown_s: 900,
  targets: null,
  escalation: null,
  actions: [],
  priority: 0,
  builtin: null,
  sentence: "",
  trouble: null,
  channels: 1,
  open_alerts: 0,
  alerts: 0,
  last_raised_at: null,
  author: "ada",
  changed_at: 0,
  ...given,
});

const back = (rule: Rule): RuleBody => {
  const { body, faults } = bodyOf(draftOf(rule, known), known, "");
  expect(faults).toEqual([]);
  return body;
};

const CONDITIONS: SimpleCondition[] = [
  { kind: "threshold", above: 2000, below: null, for_s: 300, hysteresis: 100 },
  { kind: "threshold", above: null, below: 0.5, for_s: 0, hysteresis: 0 },
  { kind: "threshold", above: 2500, below: 100, for_s: 90, hysteresis: 25 },
  { kind: "rate", rises_by: 1500, falls_by: null, within_s: 60 },
  { kind: "rate", rises_by: 100, falls_by: 200, within_s: 3600 },
  { kind: "silence", factor: 5, floor_s: 300 },
  { kind: "stuck", for_s: null, ignore_zero: false },
  { kind: "stuck", for_s: 86_400, ignore_zero: true },
  { kind: "implausible" },
  { kind: "weak_signal", below: -80, for_s: 600, hysteresis: 5 },
];

describe("a rule that is looked at and saved stays what it was", () => {
  it.each(CONDITIONS)("$kind", (condition) => {
    const rule = aRule({ condition });
    expect(back(rule)).toEqual(bodyFrom(rule));
  });

  it("with a budget in Wh, over every device", () => {
    const rule = aRule({
      condition: { kind: "budget", limit: 8000, period: "month" },
      scope: { quantity: "energy" },
    });
    expect(draftOf(rule, known).condition).toMatchObject({ limit: "8", unit: "kWh" });
    expect(back(rule)).toEqual(bodyFrom(rule));
  });

  it("with a wrong clock, of chosen devices", () => {
    const rule = aRule({
      condition: { kind: "clock_skew", limit_s: 300 },
      scope: { device_ids: ["1", "2"] },
    });
    expect(back(rule)).toEqual(bodyFrom(rule));
  });

  it("with several conditions, quiet hours, escalation and actions", () => {
    const rule = aRule({
      condition: {
        kind: "any",
        parts: [
          {
            channel_id: "10",
            condition: { kind: "threshold", above: 2000, below: null, for_s: 0, hysteresis: 0 },
          },
          {
            channel_id: "20",
            condition: { kind: "threshold", above: null, below: 4, for_s: 0, hysteresis: 0 },
          },
        ],
      },
      scope: null,
      quiet: { start: "22:00:00", end: "07:00:00" },
      targets: ["3"],
      escalation: { after_s: 1800, targets: [] },
      actions: [
        { on: "raised", output_id: "5", state: "off", for_s: 600 },
        { on: "cleared", scene_id: "2" },
        { on: "raised", webhook_id: "3" },
      ],
      priority: 4,
    });
    expect(back(rule)).toEqual({ ...bodyFrom(rule), quiet: { start: "22:00", end: "07:00" } });
  });
});

const drafted = (change: (draft: Draft) => Draft, channel = "10") =>
  bodyOf(change(newDraft(channel, known)), known, "Suggested");

describe("what people type is sent in the canonical unit", () => {
  it("2 kW are 2000 W, with a comma as well", () => {
    const { body, faults } = drafted((draft) => ({
      ...draft,
      condition: { ...draft.condition, unit: "kW", above: "2,2", hysteresis: "0.1" },
    }));
    expect(faults).toEqual([]);
    expect(body).toMatchObject({
      name: "Suggested",
      condition: { kind: "threshold", above: 2200, hysteresis: 100, for_s: 300 },
      scope: { channel_id: "10" },
    });
  });

  it("a limit in °F moves with the zero, a step does not", () => {
    const draft = newDraft("20", known);
    expect(draft.condition.unit).toBe("°F");
    const { body } = bodyOf(
      { ...draft, condition: { ...draft.condition, above: "50", hysteresis: "9" } },
      known,
      "x",
    );
    expect(body.condition).toMatchObject({ above: 10, hysteresis: 5 });
  });

  it("shows a kept limit in the unit that somebody chose for the channel, else in the one that reads best", () => {
    const warm = aRule({
      condition: { kind: "threshold", above: 10, below: null, for_s: 0, hysteresis: 5 },
      scope: { channel_id: "20" },
    });
    expect(draftOf(warm, known).condition).toMatchObject({ above: "50", hysteresis: "9", unit: "°F" });
    expect(draftOf(aRule(), known).condition).toMatchObject({ above: "2", hysteresis: "0.1", unit: "kW" });
  });
});

describe("what is missing is named", () => {
  it.each<[string, (draft: Draft) => Draft, string[]]>([
    ["a limit", (draft) => draft, ["above"]],
    ["a channel", (d) => ({ ...d, watch: { ...d.watch, channel: "" } }), ["above", "channel_id"]],
    [
      "a quantity",
      (d) => ({ ...d, condition: { ...d.condition, above: "1" }, watch: { ...d.watch, of: "all" } }),
      ["quantity"],
    ],
    ["a first condition", (d) => ({ ...d, mode: "all" }), ["parts"]],
    [
      "a time",
      (d) => ({ ...d, condition: { ...d.condition, above: "1", hold: { amount: "five", unit: "min" } } }),
      ["for_s"],
    ],
  ])("%s", (_, change, at) => {
    expect(drafted(change).faults.map((fault) => fault.at[0])).toEqual(at);
  });
});

it("suggests a name from what is watched", () => {
  const draft = newDraft("10", known);
  const named = { ...draft, condition: { ...draft.condition, above: "2", unit: "kW" } };
  expect(suggestedName(named, known)).toBe("Kitchen power above 2 kW");
});

describe("what is on or off needs no number", () => {
  it.each<["above" | "below", object, string]>([
    ["above", { above: 0.5, below: null }, "Kitchen relay is on"],
    ["below", { above: null, below: 0.5 }, "Kitchen relay is off"],
  ])("%s", (bound, limits, name) => {
    const draft = newDraft("40", known);
    const chosen = { ...draft, condition: { ...draft.condition, bound } };
    const { body, faults } = bodyOf(chosen, known, "x");
    expect(faults).toEqual([]);
    expect(body.condition).toEqual({ kind: "threshold", ...limits, for_s: 300, hysteresis: 0 });
    expect(suggestedName(chosen, known)).toBe(name);
  });

  it("over every device, and as one of several conditions", () => {
    const draft = newDraft("40", known);
    const all = { ...draft, watch: { ...draft.watch, of: "all" as const, quantity: "switch" } };
    expect(bodyOf(all, known, "x").faults).toEqual([]);
    const parts = {
      ...draft,
      mode: "all" as const,
      parts: [{ key: 0, channel: "40", condition: draft.condition }],
    };
    expect(bodyOf(parts, known, "x").faults).toEqual([]);
  });
});

it("a rule whose channel is gone can still be looked at", () => {
  const rule = aRule({ scope: { channel_id: "99" } });
  expect(draftOf(rule, known).watch.channel).toBe("99");
  expect(back(rule)).toEqual(bodyFrom(rule));
});

describe("lengths of time and numbers", () => {
  it("are shown in the largest unit that fits and read back", () => {
    expect(spanOf(300)).toEqual({ amount: "5", unit: "min" });
    expect(spanOf(90)).toEqual({ amount: "90", unit: "s" });
    expect(secondsOf({ amount: "1.5", unit: "h" })).toBe(5400);
    expect(secondsOf({ amount: "-1", unit: "h" })).toBeNull();
  });

  it("are none when they are no numbers", () => {
    expect(["", " ", "2 kW", "Infinity", "1,5"].map(numberOf)).toEqual([null, null, null, null, 1.5]);
  });
});
