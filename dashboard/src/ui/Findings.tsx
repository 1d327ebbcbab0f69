import { capital } from "@/lib/force";

import classes from "./Findings.module.css";

interface FindingsProps {
  findings: readonly { key: string; severity: "problem" | "warning" | "note"; message: string }[];
}

const WORDS = { problem: "Problem", warning: "Warning", note: "Note" };

/** What the analysis noticed about a trial, the gravest first; saying nothing would leave people wondering. */
export function Findings({ findings }: FindingsProps) {
  if (findings.length === 0)
    return <p className={classes.fine}>Quality checks: nothing to complain about.</p>;
  return (
    <ul className={classes.findings} aria-label="Quality checks">
      {findings.map(({ key, severity, message }) => (
        <li key={`${key}${message}`} data-severity={severity}>
          <strong>{WORDS[severity]}</strong>
          <span>{capital(message)}</span>
        </li>
      ))}
    </ul>
  );
}
