import { NativeSelect, TextInput } from "@mantine/core";

import type { Argument } from "./args";

interface ArgumentFieldProps {
  argument: Argument;
  typed: string;
  onTyped: (text: string) => void;
}

/** One argument of a command, in the shape its device described. */
export function ArgumentField({ argument, typed, onTyped }: ArgumentFieldProps) {
  const { key, kind, optional, min, max, values } = argument;
  const label = optional ? `${key} (optional)` : key;
  const choices =
    kind === "boolean"
      ? ["true", "false"]
      : kind === "switch"
        ? ["on", "off"]
        : kind === "choice"
          ? values.map((_, place) => String(place))
          : null;
  if (choices !== null)
    return (
      <NativeSelect
        label={label}
        data={[
          { value: "", label: optional ? "Leave out" : "Choose …" },
          ...choices.map((value) => ({
            value,
            label: kind === "choice" ? JSON.stringify(values[Number(value)]).replaceAll('"', "") : value,
          })),
        ]}
        value={typed}
        onChange={(event) => onTyped(event.currentTarget.value)}
      />
    );
  const numeric = kind === "number" || kind === "integer";
  const range = min !== null || max !== null ? `${min ?? "any"} to ${max ?? "any"}` : undefined;
  return (
    <TextInput
      label={label}
      description={range ?? (kind === "any" ? "Text or JSON" : undefined)}
      inputMode={numeric ? "decimal" : "text"}
      value={typed}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onTyped(event.currentTarget.value)}
    />
  );
}
