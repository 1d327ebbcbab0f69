import { Checkbox, Group, NativeSelect, TextInput } from "@mantine/core";

import { humanise } from "@/lib/channels";
import { QUANTITIES } from "@/lib/quantities";

import classes from "./ColumnPicker.module.css";
import type { Column } from "./order";

interface ColumnPickerProps {
  columns: readonly Column[];
  onChange: (columns: Column[]) => void;
}

/** The columns of the file; what is ticked becomes a channel. */
export function ColumnPicker({ columns, onChange }: ColumnPickerProps) {
  const set = (place: number, change: Partial<Column>) =>
    onChange(columns.map((one, index) => (index === place ? { ...one, ...change } : one)));
  return (
    <fieldset className={classes.columns}>
      <legend>Columns to keep</legend>
      {columns.map((one, place) => (
        <div key={one.column} className={classes.column}>
          <Checkbox
            label={one.column}
            checked={one.keep}
            onChange={(event) => set(place, { keep: event.currentTarget.checked })}
          />
          {one.keep && (
            <Group gap="xs" align="flex-end" className={classes.field ?? ""}>
              <TextInput
                label="Name"
                aria-label={`Name of ${one.column}`}
                size="xs"
                maxLength={64}
                value={one.key}
                onChange={(event) => set(place, { key: event.currentTarget.value })}
              />
              <NativeSelect
                label="Quantity"
                aria-label={`Quantity of ${one.column}`}
                size="xs"
                data={[
                  { value: "", label: "By its name" },
                  ...QUANTITIES.map((name) => ({ value: name, label: humanise(name) })),
                ]}
                value={one.quantity ?? ""}
                onChange={(event) => set(place, { quantity: event.currentTarget.value || null })}
              />
              <TextInput
                label="Unit"
                aria-label={`Unit of ${one.column}`}
                size="xs"
                w={90}
                maxLength={16}
                value={one.unit ?? ""}
                onChange={(event) => set(place, { unit: event.currentTarget.value || null })}
              />
            </Group>
          )}
        </div>
      ))}
    </fieldset>
  );
}
