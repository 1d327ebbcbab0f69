import type { ReactNode } from "react";

import classes from "./Rows.module.css";

/** A list of things with what can be done with each: beside it where there is room, below it on a phone. */
export function Rows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul className={classes.rows} aria-label={label}>
      {children}
    </ul>
  );
}

interface RowProps {
  title: ReactNode;
  /** What is worth knowing about it, in a fainter line. */
  note?: ReactNode;
  actions?: ReactNode;
}

export function Row({ title, note, actions }: RowProps) {
  return (
    <li className={classes.row}>
      <div className={classes.text}>
        <div className={classes.title}>{title}</div>
        {note !== undefined && <div className={classes.note}>{note}</div>}
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </li>
  );
}
