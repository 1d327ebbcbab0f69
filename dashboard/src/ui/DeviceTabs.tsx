import { Link } from "@tanstack/react-router";

import { orders, talks } from "@/lib/dialects";
import { releaseKind } from "@/lib/updates";

import classes from "./DeviceTabs.module.css";

interface DeviceTabsProps {
  deviceId: string;
  energy: boolean;
  /** What the device speaks; absent until that is known. */
  dialect?: string | undefined;
  settings: boolean;
}

/** The pages of one device that this person may see. */
export function DeviceTabs({ deviceId, energy, dialect = "", settings }: DeviceTabsProps) {
  const link = { params: { deviceId }, activeOptions: { exact: true, includeSearch: false } };
  return (
    <nav className={classes.tabs} aria-label="This device">
      <Link to="/devices/$deviceId" {...link}>
        Overview
      </Link>
      {energy && (
        <Link to="/devices/$deviceId/energy" {...link}>
          Energy
        </Link>
      )}
      {orders(dialect) && (
        <Link to="/devices/$deviceId/control" {...link}>
          Control
        </Link>
      )}
      <Link to="/devices/$deviceId/health" {...link}>
        Health
      </Link>
      {talks(dialect) && (
        <Link to="/devices/$deviceId/log" {...link}>
          Log
        </Link>
      )}
      {releaseKind(dialect) !== null && (
        <Link to="/devices/$deviceId/updates" {...link}>
          Updates
        </Link>
      )}
      {settings && (
        <Link to="/devices/$deviceId/settings" {...link}>
          Settings
        </Link>
      )}
    </nav>
  );
}
