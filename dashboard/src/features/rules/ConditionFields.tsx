import { NativeSelect, Switch, TextInput } from "@mantine/core";

import { type Fault, faultAt } from "@/lib/faults";
import { unitChoices } from "@/lib/units";

import type { ConditionDraft } from "./condition";
import classes from "./fields.module.css";
import { SpanInput } from "./SpanInput";

interface ConditionFieldsProps {
  condition: ConditionDraft;
  /** Canonical unit of what is watched. */
  unit: string;
  /** What is watched is on or off. */
  onOff: boolean;
  faults: readonly Fault[];
  onChange: (change: Partial<ConditionDraft>) => void;
}

/** The numbers of one condition, in the unit in which people read its channel. */
export function ConditionFields({ condition, unit, onOff, faults, onChange }: ConditionFieldsProps) {
  const value = (
    label: string,
    name: "above" | "below" | "rises" | "falls" | "limit" | "hysteresis",
    at: string = name,
  ) => (
    <ValueInput
      label={label}
      value={condition[name]}
      error={faultAt(faults, at)}
      unit={unit}
      display={condition.unit}
      onValue={(typed) => onChange({ [name]: typed })}
      onUnit={(display) => onChange({ unit: display })}
    />
  );
  const span = (label: string, name: "hold" | "within" | "floor" | "stuck" | "skew", at: string) => (
    <SpanInput
      label={label}
      span={condition[name]}
      error={faultAt(faults, at)}
      onSpan={(given) => onChange({ [name]: given })}
    />
  );
  switch (condition.kind) {
    case "threshold":
      if (onOff)
        return (
          <div className={classes.line}>
            <NativeSelect
              label="Is"
              data={[
                { value: "above", label: "on" },
                { value: "below", label: "off" },
              ]}
              value={condition.bound === "below" ? "below" : "above"}
              onChange={(event) => onChange({ bound: event.currentTarget.value as ConditionDraft["bound"] })}
            />
            {span("For at least", "hold", "for_s")}
          </div>
        );
      return (
        <div className={classes.line}>
          <NativeSelect
            label="Is"
            data={[
              { value: "above", label: "above" },
              { value: "below", label: "below" },
              { value: "outside", label: "outside" },
            ]}
            value={condition.bound}
            onChange={(event) => onChange({ bound: event.currentTarget.value as ConditionDraft["bound"] })}
          />
          {condition.bound !== "above" && value(condition.bound === "below" ? "Limit" : "Lowest", "below")}
          {condition.bound !== "below" && value(condition.bound === "above" ? "Limit" : "Highest", "above")}
          {span("For at least", "hold", "for_s")}
          {value("Over when back by (or empty)", "hysteresis")}
        </div>
      );
    case "rate":
      return (
        <div className={classes.line}>
          <NativeSelect
            label="Which way"
            data={[
              { value: "rises", label: "rises by" },
              { value: "falls", label: "falls by" },
              { value: "both", label: "either" },
            ]}
            value={condition.move}
            onChange={(event) => onChange({ move: event.currentTarget.value as ConditionDraft["move"] })}
          />
          {condition.move !== "falls" && value("Rises by", "rises", "rises_by")}
          {condition.move !== "rises" && value("Falls by", "falls", "falls_by")}
          {span("Within", "within", "within_s")}
        </div>
      );
    case "budget":
      return (
        <div className={classes.line}>
          {value("More than", "limit")}
          <NativeSelect
            label="In a"
            data={[
              { value: "day", label: "day" },
              { value: "month", label: "month" },
            ]}
            value={condition.period}
            onChange={(event) => onChange({ period: event.currentTarget.value as ConditionDraft["period"] })}
          />
        </div>
      );
    case "silence":
      return (
        <div className={classes.line}>
          <TextInput
            label="Times as long as usual"
            inputMode="decimal"
            className={classes.number ?? ""}
            value={condition.factor}
            onChange={(event) => onChange({ factor: event.currentTarget.value })}
            error={faultAt(faults, "factor")}
          />
          {span("But at least", "floor", "floor_s")}
        </div>
      );
    case "stuck":
      return (
        <div className={classes.line}>
          <NativeSelect
            label="For"
            data={[
              { value: "usual", label: "suspiciously long, by its quantity" },
              { value: "own", label: "as long as I say" },
            ]}
            value={condition.usual ? "usual" : "own"}
            onChange={(event) => onChange({ usual: event.currentTarget.value === "usual" })}
          />
          {!condition.usual && span("For at least", "stuck", "for_s")}
          {!condition.usual && (
            <Switch
              mt={30}
              label="0 may stay 0"
              checked={condition.ignoreZero}
              onChange={(event) => onChange({ ignoreZero: event.currentTarget.checked })}
            />
          )}
        </div>
      );
    case "implausible":
      return null;
    case "clock_skew":
      return <div className={classes.line}>{span("Off by more than", "skew", "limit_s")}</div>;
    case "weak_signal":
      return (
        <div className={classes.line}>
          <TextInput
            label="Below (dBm)"
            className={classes.number ?? ""}
            value={condition.signal}
            onChange={(event) => onChange({ signal: event.currentTarget.value })}
            error={faultAt(faults, "below")}
          />
          {span("For at least", "hold", "for_s")}
        </div>
      );
  }
}

interface ValueInputProps {
  label: string;
  value: string;
  error: string | undefined;
  unit: string;
  display: string;
  onValue: (value: string) => void;
  onUnit: (display: string) => void;
}

function ValueInput({ label, value, error, unit, display, onValue, onUnit }: ValueInputProps) {
  const choices = unitChoices(unit);
  return (
    <div className={classes.pair}>
      <TextInput
        label={choices.length === 0 && unit !== "" && unit !== "1" ? `${label} (${unit})` : label}
        inputMode="decimal"
        className={classes.number ?? ""}
        value={value}
        onChange={(event) => onValue(event.currentTarget.value)}
        error={error}
        autoComplete="off"
      />
      {choices.length > 0 && (
        <NativeSelect
          aria-label={`Unit of: ${label}`}
          data={choices}
          value={display}
          onChange={(event) => onUnit(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
