import { Link } from "@tanstack/react-router";

import { useServerNow } from "@/api/live/clock";
import type { Alert } from "@/api/types";
import { standingWords } from "@/lib/alerts";
import { dateTime } from "@/lib/time";
import { SeverityTag } from "@/ui/SeverityTag";

import classes from "./AlertList.module.css";

const SHOWN = 5;

/** The marks of the chart as a list, for those who do not use a mouse or do not see the chart. */
export function AlertList({ alerts }: { alerts: readonly Alert[] }) {
  const now = useServerNow(10_000);
  if (alerts.length === 0) return null;
  return (
    <ul className={`plain-list ${classes.list ?? ""}`} aria-label="Alerts in this span">
      {alerts.slice(0, SHOWN).map((alert) => (
        <li key={alert.id}>
          <SeverityTag severity={alert.severity} />
          <Link to="/alerts/$alertId" params={{ alertId: alert.id }}>
            {alert.text}
          </Link>
          <span className={classes.when}>
            {dateTime(alert.raised_at)} · {standingWords(alert, now)}
          </span>
        </li>
      ))}
      {alerts.length > SHOWN && (
        <li className={classes.when}>and {alerts.length - SHOWN} more in this span</li>
      )}
    </ul>
  );
}
