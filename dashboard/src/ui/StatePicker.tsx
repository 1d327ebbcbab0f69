import { SegmentedControl } from "@mantine/core";

import type { State } from "@/lib/outputs";

import classes from "./StatePicker.module.css";

interface StatePickerProps {
  label: string;
  state: State | null;
  levels?: readonly number[] | null;
  /** The word for "not set at all", where that can be chosen. */
  leave?: string;
  onState: (state: State | null) => void;
}

/** On, off, a level where there are levels, or nothing. */
export function StatePicker({ label, state, levels, leave, onState }: StatePickerProps) {
  const [low = 0, high = 100] = levels ?? [];
  const dimmed = typeof state === "number";
  const choose = (chosen: string) => {
    if (chosen === "leave") onState(null);
    else if (chosen === "level") onState(Math.round((low + high) / 2));
    else onState(chosen === "on" ? "on" : "off");
  };
  return (
    <div className={classes.picker}>
      <span className={classes.label}>{label}</span>
      <SegmentedControl
        aria-label={label}
        data={[
          ...(leave === undefined ? [] : [{ value: "leave", label: leave }]),
          { value: "on", label: "On" },
          { value: "off", label: "Off" },
          ...(levels ? [{ value: "level", label: "Level" }] : []),
        ]}
        value={state === null ? "leave" : dimmed ? "level" : state}
        onChange={choose}
      />
      {dimmed && (
        <input
          type="number"
          className={classes.level}
          aria-label={`Level of ${label}`}
          min={low}
          max={high}
          step="any"
          value={state}
          onChange={(event) => onState(Number(event.currentTarget.value))}
        />
      )}
    </div>
  );
}
