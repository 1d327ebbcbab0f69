import { Link, useLocation } from "@tanstack/react-router";

import { useOpenAlerts } from "@/api/alerts";
import { Icon } from "@/ui/Icon";
import { SEVERITY_WORDS } from "@/ui/SeverityTag";

import classes from "./AlertsLink.module.css";

// Wider than this the badge would push the bar about.
const MOST_SHOWN = 99;
const PAGES = ["/alerts", "/rules", "/notifications"];

/** The way to the alerts, with how many are open; the frames of the live view keep the number true. */
export function AlertsLink() {
  const { count, gravest } = useOpenAlerts();
  const { pathname } = useLocation();
  const said =
    gravest === null ? "none open" : `${count} open, the gravest: ${SEVERITY_WORDS[gravest].toLowerCase()}`;
  return (
    <Link
      to="/alerts"
      className={classes.link ?? ""}
      data-here={PAGES.some((page) => pathname.startsWith(page))}
    >
      <Icon name="bell" size={20} />
      <span className={classes.word}>Alerts</span>
      {gravest !== null && (
        <span className={classes.badge} data-severity={gravest} aria-hidden="true">
          {count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}
          {gravest === "critical" && "!"}
        </span>
      )}
      <span className="visually-hidden">({said})</span>
    </Link>
  );
}
