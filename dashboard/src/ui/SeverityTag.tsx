import { Icon, type IconName } from "./Icon";
import classes from "./SeverityTag.module.css";

export type SeverityName = "info" | "warning" | "critical";

export const SEVERITY_WORDS: Readonly<Record<SeverityName, string>> = {
  info: "Info",
  warning: "Warning",
  critical: "Critical",
};

const ICONS: Readonly<Record<SeverityName, IconName>> = { info: "info", warning: "alert", critical: "stop" };

/** How grave it is: by shape, by word and by colour. */
export const SeverityTag = ({ severity }: { severity: SeverityName }) => (
  <span className={classes.tag} data-severity={severity}>
    <Icon name={ICONS[severity]} size={15} />
    {SEVERITY_WORDS[severity]}
  </span>
);
