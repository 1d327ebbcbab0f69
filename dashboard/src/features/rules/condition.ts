/** One condition while somebody writes it, and as the server takes it. */

import type { SimpleCondition } from "@/api/types";
import type { Fault } from "@/lib/faults";
import { fromCanonical, stepFromCanonical, stepToCanonical, toCanonical } from "@/lib/units";

import { numberOf, secondsOf, type Span, spanOf } from "./amounts";

export type Kind = SimpleCondition["kind"];

export interface ConditionDraft {
  kind: Kind;
  /** The unit in which values are typed; "" for the channel's canonical one. */
  unit: string;
  bound: "above" | "below" | "outside";
  above: string;
  below: string;
  hold: Span;
  /** How far back inside it must come; "" for none. */
  hysteresis: string;
  move: "rises" | "falls" | "both";
  rises: string;
  falls: string;
  within: Span;
  limit: string;
  period: "day" | "month";
  factor: string;
  floor: Span;
  /** Stuck for as long as is suspicious for the quantity. */
  usual: boolean;
  stuck: Span;
  ignoreZero: boolean;
  skew: Span;
  signal: string;
}

const BLANK: ConditionDraft = {
  kind: "threshold",
  unit: "",
  bound: "above",
  above: "",
  below: "",
  hold: { amount: "5", unit: "min" },
  hysteresis: "",
  move: "rises",
  rises: "",
  falls: "",
  within: { amount: "1", unit: "min" },
  limit: "",
  period: "day",
  factor: "5",
  floor: { amount: "5", unit: "min" },
  usual: true,
  stuck: { amount: "6", unit: "h" },
  ignoreZero: true,
  skew: { amount: "5", unit: "min" },
  signal: "-80",
};

/** A new condition, with what most people want already filled in. */
export const newCondition = (kind: Kind, unit = ""): ConditionDraft => ({
  ...BLANK,
  kind,
  unit,
  ...(kind === "weak_signal" && { hold: { amount: "10", unit: "min" }, hysteresis: "5" }),
});

const text = (value: number | null | undefined): string => (value == null ? "" : String(value));

/** How a kept condition is shown; `unit` is the canonical one, `display` the one people read. */
export function conditionDraft(kept: SimpleCondition, unit: string, display: string): ConditionDraft {
  const draft = newCondition(kept.kind, display);
  const value = (canonical: number | null | undefined) =>
    canonical == null ? "" : text(fromCanonical(canonical, unit, display));
  const step = (canonical: number | null | undefined) =>
    canonical == null ? "" : text(stepFromCanonical(canonical, unit, display));
  switch (kept.kind) {
    case "threshold":
      return {
        ...draft,
        bound: kept.above == null ? "below" : kept.below == null ? "above" : "outside",
        above: value(kept.above),
        below: value(kept.below),
        hold: spanOf(kept.for_s, "min"),
        hysteresis: kept.hysteresis === 0 ? "" : step(kept.hysteresis),
      };
    case "rate":
      return {
        ...draft,
        move: kept.falls_by == null ? "rises" : kept.rises_by == null ? "falls" : "both",
        rises: step(kept.rises_by),
        falls: step(kept.falls_by),
        within: spanOf(kept.within_s),
      };
    case "budget":
      return { ...draft, limit: step(kept.limit), period: kept.period };
    case "silence":
      return { ...draft, factor: text(kept.factor), floor: spanOf(kept.floor_s) };
    case "stuck":
      return {
        ...draft,
        usual: kept.for_s == null,
        ...(kept.for_s != null && { stuck: spanOf(kept.for_s) }),
        ignoreZero: kept.ignore_zero,
      };
    case "implausible":
      return draft;
    case "clock_skew":
      return { ...draft, skew: spanOf(kept.limit_s) };
    case "weak_signal":
      return {
        ...draft,
        signal: text(kept.below),
        hold: spanOf(kept.for_s, "min"),
        hysteresis: text(kept.hysteresis),
      };
  }
}

/** Collects what is missing while a body is put together; the body counts only if nothing is. */
export class Gaps {
  readonly faults: Fault[] = [];

  number(typed: string, at: string, missing: string): number {
    const value = numberOf(typed);
    if (value === null) this.faults.push({ at: [at], text: missing });
    return value ?? 0;
  }

  seconds(span: Span, at: string, missing: string): number {
    const value = secondsOf(span);
    if (value === null) this.faults.push({ at: [at], text: missing });
    return value ?? 0;
  }
}

const HOW_LONG = "Say for how long.";
const HOW_MUCH = "Say by how much.";

const BETWEEN_OFF_AND_ON = 0.5;

/** As the server takes it, in canonical units. `onOff`: what is watched is on or off, and has no other limit. */
export function conditionBody(
  draft: ConditionDraft,
  unit: string,
  gaps: Gaps,
  onOff = false,
): SimpleCondition {
  const value = (typed: string, at: string, missing: string) =>
    toCanonical(gaps.number(typed, at, missing), unit, draft.unit);
  const step = (typed: string, at: string, missing: string) =>
    stepToCanonical(gaps.number(typed, at, missing), unit, draft.unit);
  const { kind } = draft;
  switch (kind) {
    case "threshold": {
      const { bound } = draft;
      if (onOff)
        return {
          kind,
          above: bound === "below" ? null : BETWEEN_OFF_AND_ON,
          below: bound === "below" ? BETWEEN_OFF_AND_ON : null,
          for_s: gaps.seconds(draft.hold, "for_s", HOW_LONG),
          hysteresis: 0,
        };
      return {
        kind,
        above: bound === "below" ? null : value(draft.above, "above", "Say above what."),
        below: bound === "above" ? null : value(draft.below, "below", "Say below what."),
        for_s: gaps.seconds(draft.hold, "for_s", HOW_LONG),
        hysteresis: draft.hysteresis.trim() === "" ? 0 : step(draft.hysteresis, "hysteresis", HOW_MUCH),
      };
    }
    case "rate":
      return {
        kind,
        rises_by: draft.move === "falls" ? null : step(draft.rises, "rises_by", HOW_MUCH),
        falls_by: draft.move === "rises" ? null : step(draft.falls, "falls_by", HOW_MUCH),
        within_s: gaps.seconds(draft.within, "within_s", HOW_LONG),
      };
    case "budget":
      return { kind, limit: step(draft.limit, "limit", "Say how much is too much."), period: draft.period };
    case "silence":
      return {
        kind,
        factor: gaps.number(draft.factor, "factor", "Say how many times as long."),
        floor_s: gaps.seconds(draft.floor, "floor_s", HOW_LONG),
      };
    case "stuck":
      return {
        kind,
        for_s: draft.usual ? null : gaps.seconds(draft.stuck, "for_s", HOW_LONG),
        ignore_zero: !draft.usual && draft.ignoreZero,
      };
    case "implausible":
      return { kind };
    case "clock_skew":
      return { kind, limit_s: gaps.seconds(draft.skew, "limit_s", "Say by how much.") };
    case "weak_signal":
      return {
        kind,
        below: gaps.number(draft.signal, "below", "Say below what."),
        for_s: gaps.seconds(draft.hold, "for_s", HOW_LONG),
        hysteresis:
          draft.hysteresis.trim() === "" ? 0 : gaps.number(draft.hysteresis, "hysteresis", HOW_MUCH),
      };
  }
}
