import type { ReactNode } from "react";

import { Icon } from "./Icon";
import classes from "./Notice.module.css";

const WORDS = { info: "Note", warning: "Warning", error: "Error" };

/** A plain sentence that wants to be seen; the word before it says how much it matters. */
export function Notice({ level, children }: { level: keyof typeof WORDS; children: ReactNode }) {
  return (
    <div className={classes.notice} data-level={level} role={level === "error" ? "alert" : "note"}>
      <Icon name="alert" />
      <p>
        <strong>{WORDS[level]}:</strong> {children}
      </p>
    </div>
  );
}
