import type { ReactNode } from "react";

import classes from "./Empty.module.css";

/** Nothing is here yet: why, and what would bring something. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{title}</p>
      {children !== undefined && <p className={classes.text}>{children}</p>}
    </div>
  );
}
