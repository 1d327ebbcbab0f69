/** A rule while somebody writes it, and as the server takes it. */

import type {
  Channel,
  CombinedCondition,
  Device,
  Rule,
  RuleAction,
  RuleBody,
  RuleScope,
  Severity,
  SimpleCondition,
} from "@/api/types";
import { isOnOff } from "@/lib/channels";
import type { Fault } from "@/lib/faults";
import type { State } from "@/lib/outputs";
import { displayScale, unitChoices } from "@/lib/units";

import { type Span, spanOf } from "./amounts";
import { type ConditionDraft, conditionBody, conditionDraft, Gaps, newCondition } from "./condition";

export interface Watch {
  of: "channel" | "device" | "devices" | "all";
  channel: string;
  device: string;
  devices: readonly string[];
  /** "" for every one that the condition can watch. */
  quantity: string;
}

export interface PartDraft {
  key: number;
  channel: string;
  condition: ConditionDraft;
}

export interface ActionDraft {
  key: number;
  on: "raised" | "cleared";
  does: "output" | "scene" | "webhook";
  output: string;
  state: State;
  /** Minutes, as typed; "" for no timer. */
  minutes: string;
  scene: string;
  webhook: string;
}

/** Who is told: everyone who wants it, or exactly these. */
export interface Audience {
  everyone: boolean;
  targets: readonly string[];
}

export interface Draft {
  name: string;
  enabled: boolean;
  severity: Severity;
  /** Null: one condition. */
  mode: "all" | "any" | null;
  condition: ConditionDraft;
  watch: Watch;
  parts: readonly PartDraft[];
  tell: Audience;
  quiet: { start: string; end: string } | null;
  cooldown: Span;
  escalation: { after: Span; tell: Audience } | null;
  actions: readonly ActionDraft[];
  priority: string;
}

/** What the form knows of the house. */
export interface Known {
  devices: readonly Device[];
  channel: (id: string) => Channel | undefined;
  deviceOf: (channel: string) => Device | undefined;
  /** Canonical unit of a quantity that some device measures. */
  unitOf: (quantity: string) => string;
}

export function knownOf(devices: readonly Device[]): Known {
  const channels = new Map(devices.flatMap((device) => device.channels.map((one) => [one.id, one])));
  const owners = new Map(devices.flatMap((device) => device.channels.map(({ id }) => [id, device])));
  return {
    devices,
    channel: (id) => channels.get(id),
    deviceOf: (id) => owners.get(id),
    unitOf: (quantity) => [...channels.values()].find((one) => one.quantity === quantity)?.unit ?? "",
  };
}

/** Canonical unit of what is watched. */
export const watchedUnit = (watch: Watch, known: Known): string =>
  watch.of === "channel" ? (known.channel(watch.channel)?.unit ?? "") : known.unitOf(watch.quantity);

/** Whether what is watched is on or off, so that nobody has to think of numbers. */
export const watchesOnOff = (watch: Watch, known: Known): boolean =>
  isOnOff(watch.of === "channel" ? (known.channel(watch.channel)?.quantity ?? "") : watch.quantity);

/** The unit in which people type a value of this size: the channel's own choice, else the one that reads best. */
export function typedUnit(unit: string, chosen: string, magnitude: number): string {
  const choices = unitChoices(unit);
  if (choices.includes(chosen)) return chosen;
  const best = displayScale(unit, magnitude).unit;
  return choices.includes(best) ? best : choices.includes(unit) ? unit : "";
}

/** In which unit a new value of what is watched is typed. */
export function unitFor(watch: Watch, known: Known): string {
  const channel = watch.of === "channel" ? known.channel(watch.channel) : undefined;
  return typedUnit(watchedUnit(watch, known), channel?.display_unit ?? "", 1);
}

const EVERYONE: Audience = { everyone: true, targets: [] };
const NIGHT = { start: "22:00", end: "07:00" };
export const usualQuiet = () => NIGHT;
export const usualEscalation = () => ({ after: spanOf(1800), tell: EVERYONE });

export function newDraft(channel: string, known: Known): Draft {
  const watch: Watch = { of: "channel", channel, device: "", devices: [], quantity: "" };
  return {
    name: "",
    enabled: true,
    severity: "warning",
    mode: null,
    condition: newCondition("threshold", unitFor(watch, known)),
    watch,
    parts: [],
    tell: EVERYONE,
    quiet: null,
    cooldown: spanOf(900),
    escalation: null,
    actions: [],
    priority: "0",
  };
}

const audienceOf = (targets: readonly string[] | null | undefined): Audience =>
  targets == null ? EVERYONE : { everyone: false, targets };

function watchOf(scope: RuleScope | null | undefined): Watch {
  const { channel_id: channel, device_id: device, device_ids: devices, quantity } = scope ?? {};
  return {
    of: channel != null ? "channel" : device != null ? "device" : devices != null ? "devices" : "all",
    channel: channel ?? "",
    device: device ?? "",
    devices: devices ?? [],
    quantity: quantity ?? "",
  };
}

const isCombined = (condition: Rule["condition"]): condition is CombinedCondition => "parts" in condition;

/** The size of the values in a condition, to choose a unit by. */
function magnitudeOf(kept: SimpleCondition): number {
  switch (kept.kind) {
    case "threshold":
      return kept.above ?? kept.below ?? 1;
    case "rate":
      return kept.rises_by ?? kept.falls_by ?? 1;
    case "budget":
      return kept.limit;
    default:
      return 1;
  }
}

function shown(kept: SimpleCondition, unit: string, chosen: string): ConditionDraft {
  return conditionDraft(kept, unit, typedUnit(unit, chosen, magnitudeOf(kept)));
}

function actionDraft(action: RuleAction, key: number): ActionDraft {
  return {
    key,
    on: action.on,
    does: action.output_id != null ? "output" : action.scene_id != null ? "scene" : "webhook",
    output: action.output_id ?? "",
    state: action.state ?? "on",
    minutes: action.for_s == null ? "" : String(action.for_s / 60),
    scene: action.scene_id ?? "",
    webhook: action.webhook_id ?? "",
  };
}

export function draftOf(rule: Rule, known: Known): Draft {
  const { condition } = rule;
  const watch = watchOf(rule.scope);
  const choice = (id: string) => known.channel(id)?.display_unit ?? "";
  return {
    name: rule.name,
    enabled: rule.enabled,
    severity: rule.severity,
    mode: isCombined(condition) ? condition.kind : null,
    condition: isCombined(condition)
      ? newCondition("threshold")
      : shown(condition, watchedUnit(watch, known), choice(watch.channel)),
    watch,
    parts: isCombined(condition)
      ? condition.parts.map((part, key) => ({
          key,
          channel: part.channel_id,
          condition: shown(
            part.condition,
            known.channel(part.channel_id)?.unit ?? "",
            choice(part.channel_id),
          ),
        }))
      : [],
    tell: audienceOf(rule.targets),
    quiet:
      rule.quiet == null ? null : { start: rule.quiet.start.slice(0, 5), end: rule.quiet.end.slice(0, 5) },
    cooldown: spanOf(rule.cooldown_s, "min"),
    escalation:
      rule.escalation == null
        ? null
        : { after: spanOf(rule.escalation.after_s), tell: audienceOf(rule.escalation.targets) },
    actions: (rule.actions ?? []).map(actionDraft),
    priority: String(rule.priority),
  };
}

function scopeBody(watch: Watch, kind: ConditionDraft["kind"], gaps: Gaps): RuleScope {
  const quantity = watch.quantity === "" ? {} : { quantity: watch.quantity };
  const needsOne = kind === "threshold" || kind === "rate" || kind === "budget";
  if (watch.of !== "channel" && needsOne && watch.quantity === "")
    gaps.faults.push({ at: ["quantity"], text: "Choose what is measured." });
  switch (watch.of) {
    case "channel":
      if (watch.channel === "") gaps.faults.push({ at: ["channel_id"], text: "Choose a channel." });
      return { channel_id: watch.channel };
    case "device":
      if (watch.device === "") gaps.faults.push({ at: ["device_id"], text: "Choose a device." });
      return { device_id: watch.device, ...quantity };
    case "devices":
      if (watch.devices.length === 0) gaps.faults.push({ at: ["device_ids"], text: "Choose the devices." });
      return { device_ids: [...watch.devices], ...quantity };
    case "all":
      return quantity;
  }
}

const targetsBody = ({ everyone, targets }: Audience): string[] | null => (everyone ? null : [...targets]);

function actionBody(action: ActionDraft, gaps: Gaps): RuleAction {
  const { on } = action;
  const miss = (at: string, text: string) => gaps.faults.push({ at: [at], text });
  switch (action.does) {
    case "output":
      if (action.output === "") miss("output_id", "Choose what is switched.");
      return {
        on,
        output_id: action.output,
        state: action.state,
        ...(action.minutes.trim() !== "" && {
          for_s: gaps.number(action.minutes, "for_s", "A timer is a number of minutes.") * 60,
        }),
      };
    case "scene":
      if (action.scene === "") miss("scene_id", "Choose a scene.");
      return { on, scene_id: action.scene };
    case "webhook":
      if (action.webhook === "") miss("webhook_id", "Choose what is called.");
      return { on, webhook_id: action.webhook };
  }
}

/** The rule as the server takes it, and what is still missing; it is whole only when nothing is. */
export function bodyOf(draft: Draft, known: Known, suggested: string): { body: RuleBody; faults: Fault[] } {
  const gaps = new Gaps();
  const { mode } = draft;
  if (mode !== null && draft.parts.length === 0)
    gaps.faults.push({ at: ["parts"], text: "Add a first condition." });
  const body: RuleBody = {
    name: draft.name.trim() || suggested,
    condition:
      mode === null
        ? conditionBody(
            draft.condition,
            watchedUnit(draft.watch, known),
            gaps,
            watchesOnOff(draft.watch, known),
          )
        : {
            kind: mode,
            parts: draft.parts.map(({ channel, condition }) => {
              if (channel === "")
                gaps.faults.push({ at: ["parts"], text: "Choose a channel for each condition." });
              const { unit = "", quantity = "" } = known.channel(channel) ?? {};
              return {
                channel_id: channel,
                condition: conditionBody(condition, unit, gaps, isOnOff(quantity)),
              };
            }),
          },
    scope: mode === null ? scopeBody(draft.watch, draft.condition.kind, gaps) : null,
    severity: draft.severity,
    enabled: draft.enabled,
    quiet: draft.quiet,
    cooldown_s: gaps.seconds(draft.cooldown, "cooldown_s", "Say how long it counts as the same alert."),
    targets: targetsBody(draft.tell),
    escalation:
      draft.escalation === null
        ? null
        : {
            after_s: gaps.seconds(draft.escalation.after, "after_s", "Say after how long others are told."),
            targets: targetsBody(draft.escalation.tell),
          },
    actions: draft.actions.map((action) => actionBody(action, gaps)),
    priority: Math.round(gaps.number(draft.priority, "priority", "The priority is a number.")),
  };
  if (draft.quiet !== null && (draft.quiet.start === "" || draft.quiet.end === ""))
    gaps.faults.push({ at: ["quiet"], text: "Say from when to when it is quiet." });
  return { body, faults: gaps.faults };
}

/** The same rule once more, as the server takes it: for undo. */
export const bodyFrom = (rule: Rule): RuleBody => ({
  name: rule.name,
  condition: rule.condition,
  scope: rule.scope ?? null,
  severity: rule.severity,
  enabled: rule.enabled,
  quiet: rule.quiet ?? null,
  cooldown_s: rule.cooldown_s,
  targets: rule.targets ?? null,
  escalation: rule.escalation ?? null,
  actions: rule.actions ?? [],
  priority: rule.priority,
});
