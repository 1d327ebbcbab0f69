import type { ReactNode } from "react";

import classes from "./Presence.module.css";

/** A filled dot and "Online", or a hollow one and what is known instead: shape and words say it, colour only helps. */
export function Presence({ online, text }: { online: boolean; text: ReactNode }) {
  return (
    <span className={classes.presence} data-online={online}>
      <span className={classes.dot} aria-hidden="true" />
      {text}
    </span>
  );
}
