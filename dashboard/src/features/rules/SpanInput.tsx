import { NativeSelect, TextInput } from "@mantine/core";

import { SPAN_UNITS, type Span, type SpanUnit } from "./amounts";
import classes from "./fields.module.css";

interface SpanInputProps {
  label: string;
  span: Span;
  error?: string | undefined;
  onSpan: (span: Span) => void;
}

/** A length of time: a number and its unit. */
export function SpanInput({ label, span, error, onSpan }: SpanInputProps) {
  return (
    <div className={classes.pair}>
      <TextInput
        label={label}
        inputMode="decimal"
        className={classes.number ?? ""}
        value={span.amount}
        onChange={(event) => onSpan({ ...span, amount: event.currentTarget.value })}
        error={error}
        autoComplete="off"
      />
      <NativeSelect
        aria-label={`Unit of: ${label}`}
        className={classes.unit ?? ""}
        data={[...SPAN_UNITS]}
        value={span.unit}
        onChange={(event) => onSpan({ ...span, unit: event.currentTarget.value as SpanUnit })}
      />
    </div>
  );
}
