import classes from "./Figure.module.css";

interface FigureProps {
  label: string;
  text: string;
  unit: string;
  size?: "large" | "small";
  /** The value is not of now: shown faint. */
  stale?: boolean;
  /** Said beside the label, e.g. "as of 12:04". */
  note?: string | null;
}

/** One number with its name and unit. */
export function Figure({ label, text, unit, size = "small", stale = false, note = null }: FigureProps) {
  return (
    <div className={classes.figure} data-size={size} data-stale={stale}>
      <dt className={classes.label}>
        {label}
        {note !== null && <span className={classes.note}>{note}</span>}
      </dt>
      <dd className={classes.value}>
        {text}
        {unit !== "" && <span className={classes.unit}> {unit}</span>}
      </dd>
    </div>
  );
}
