import { Link } from "@tanstack/react-router";

import type { Device, DeviceShare } from "@/api/types";
import { kwhWords } from "@/lib/energy";

import classes from "./Glance.module.css";

const SHOWN = 5;

/** Who took most today; each leads to its energy. */
export function MostToday({
  shares,
  devices,
}: {
  shares: readonly DeviceShare[];
  devices: readonly Device[];
}) {
  const names = new Map(devices.map(({ id, name }) => [id, name]));
  const told = shares.filter(({ device, today }) => (today ?? 0) > 0 && names.has(device)).slice(0, SHOWN);
  const most = told[0]?.today ?? 0;
  if (told.length < 2) return null;
  return (
    <div className={classes.most}>
      <h3>Most today</h3>
      <ol className="plain-list">
        {told.map(({ device, today, counted }) => (
          <li key={device}>
            <Link to="/devices/$deviceId/energy" params={{ deviceId: device }} className="quiet-link">
              {names.get(device)}
            </Link>
            <span className="tabular">{kwhWords(today ?? 0)}</span>
            <span
              className={classes.share}
              data-counted={counted}
              style={{ inlineSize: `${((today ?? 0) / most) * 100}%` }}
            />
          </li>
        ))}
      </ol>
    </div>
  );
}
