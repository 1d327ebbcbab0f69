import { type Step, stepWords } from "@/lib/updates";

import { Icon, type IconName } from "./Icon";
import classes from "./StepTag.module.css";

const MARKS: Readonly<Record<Step, IconName>> = {
  planned: "clock",
  offered: "forward",
  downloading: "arrowDown",
  verifying: "info",
  restarting: "power",
  proving: "clock",
  confirmed: "check",
  failed: "alert",
  cancelled: "minus",
};

/** How far a device is, as a mark and in words. */
export const StepTag = ({ step, progress }: { step: Step; progress?: number }) => (
  <span className={classes.step} data-step={step}>
    <Icon name={MARKS[step]} size={15} />
    {stepWords(step, progress)}
  </span>
);
