import { Checkbox, Group, NativeSelect, Text, TextInput } from "@mantine/core";

import type { Leaf, MappedField } from "@/api/types";
import { humanise } from "@/lib/channels";
import { QUANTITIES } from "@/lib/quantities";

import { isNumber, pointerWords } from "./draft";
import classes from "./LeafPicker.module.css";

type Fields = Readonly<Record<string, MappedField>>;

interface LeafPickerProps {
  leaves: readonly Leaf[];
  fields: Fields;
  onChange: (fields: Fields) => void;
}

/** The values of a message; what is ticked is kept under a name, as a quantity in a unit. */
export function LeafPicker({ leaves, fields, onChange }: LeafPickerProps) {
  const numbers = leaves.filter(isNumber);
  const set = (pointer: string, field: MappedField | null) => {
    const others = Object.entries(fields).filter(([known]) => known !== pointer);
    onChange(Object.fromEntries(field === null ? others : [...others, [pointer, field]]));
  };
  return (
    <fieldset className={classes.leaves}>
      <legend>Values to keep</legend>
      {numbers.length === 0 && <Text size="sm">There is no number in this message.</Text>}
      {numbers.map((leaf) => (
        <LeafRow
          key={leaf.pointer}
          leaf={leaf}
          field={fields[leaf.pointer] ?? null}
          onChange={(field) => set(leaf.pointer, field)}
        />
      ))}
    </fieldset>
  );
}

interface LeafRowProps {
  leaf: Leaf;
  field: MappedField | null;
  onChange: (field: MappedField | null) => void;
}

function LeafRow({ leaf, field, onChange }: LeafRowProps) {
  const words = pointerWords(leaf.pointer);
  return (
    <div className={classes.leaf}>
      <Checkbox
        label={`${words}: ${String(leaf.value)}`}
        checked={field !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? leaf.suggestion : null)}
      />
      {field !== null && (
        <Group gap="xs" align="flex-end" className={classes.field ?? ""}>
          <TextInput
            label="Name"
            aria-label={`Name of ${words}`}
            size="xs"
            maxLength={64}
            value={field.key}
            onChange={(event) => onChange({ ...field, key: event.currentTarget.value })}
          />
          <NativeSelect
            label="Quantity"
            aria-label={`Quantity of ${words}`}
            size="xs"
            data={[
              { value: "", label: "By its name" },
              ...QUANTITIES.map((name) => ({ value: name, label: humanise(name) })),
            ]}
            value={field.quantity ?? ""}
            onChange={(event) => onChange({ ...field, quantity: event.currentTarget.value || null })}
          />
          <TextInput
            label="Unit"
            aria-label={`Unit of ${words}`}
            size="xs"
            w={90}
            maxLength={16}
            placeholder="W"
            value={field.unit ?? ""}
            onChange={(event) => onChange({ ...field, unit: event.currentTarget.value || null })}
          />
        </Group>
      )}
    </div>
  );
}
