import { Icon, type IconName } from "./Icon";
import classes from "./ProofRing.module.css";

export type Proof = "sent" | "reported" | "confirmed" | "doubted" | "waiting" | "away" | "known";

const MARKS: Partial<Record<Proof, IconName>> = { confirmed: "check", doubted: "alert", waiting: "clock" };

/**
 * How sure we are that something is as it is shown: a turning ring while it is on its way, half a ring when it was
 * reported, a whole one with a tick when it is confirmed. The words beside it say the same.
 */
export function ProofRing({ proof, on }: { proof: Proof; on: boolean }) {
  const mark = MARKS[proof];
  return (
    <span className={classes.ring} data-proof={proof} data-on={on} aria-hidden="true">
      <svg viewBox="0 0 44 44" className={classes.circle}>
        <circle cx="22" cy="22" r="20" pathLength="100" />
      </svg>
      <Icon name="power" size={20} />
      {mark !== undefined && (
        <span className={classes.mark}>
          <Icon name={mark} size={12} />
        </span>
      )}
    </span>
  );
}
