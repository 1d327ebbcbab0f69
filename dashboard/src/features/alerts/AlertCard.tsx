import { Link } from "@tanstack/react-router";

import type { Alert, Device } from "@/api/types";
import { standingOf, standingWords } from "@/lib/alerts";
import { ago, dateTime } from "@/lib/time";
import { SeverityTag } from "@/ui/SeverityTag";
import { Tag } from "@/ui/Tag";

import { AlertActions } from "./AlertActions";
import classes from "./AlertCard.module.css";
import { countWords, placeOf, valueWords } from "./words";

interface AlertCardProps {
  alert: Alert;
  devices: readonly Device[];
  now: number;
  me: string;
}

/** One open alert: what, where, since when, and what can be done. */
export function AlertCard({ alert, devices, now, me }: AlertCardProps) {
  const place = placeOf(alert, devices);
  const standing = standingOf(alert, now);
  const facts = [
    valueWords(alert, place) && `${valueWords(alert, place)} when raised`,
    countWords(alert.count),
    alert.told_at !== null && `people are told ${dateTime(alert.told_at)}`,
  ].filter(Boolean);
  return (
    <li className={classes.card} data-severity={alert.severity} data-standing={standing}>
      <div className={classes.text}>
        <div className={classes.tags}>
          <SeverityTag severity={alert.severity} />
          {standing === "snoozed" && <Tag>snoozed</Tag>}
          {alert.state === "acknowledged" && <Tag>acknowledged</Tag>}
          <time
            className={classes.since}
            dateTime={new Date(alert.raised_at).toISOString()}
            title={dateTime(alert.raised_at)}
          >
            since {dateTime(alert.raised_at)} ({ago(alert.raised_at, now)})
          </time>
        </div>
        <Link to="/alerts/$alertId" params={{ alertId: alert.id }} className={classes.sentence ?? ""}>
          {alert.text}
        </Link>
        <p className={classes.note}>
          Rule “{alert.title}”
          {place.device !== null && (
            <>
              {" · "}
              <Link to="/devices/$deviceId" params={{ deviceId: place.device.id }}>
                {place.device.name}
              </Link>
            </>
          )}
          {facts.map((fact) => ` · ${fact}`)}
        </p>
        <p className={classes.note}>
          {standingWords(alert, now, me)}
          {alert.note !== "" && `: ${alert.note}`}
        </p>
      </div>
      <div className={classes.actions}>
        <AlertActions alert={alert} />
      </div>
    </li>
  );
}
