import { Link } from "@tanstack/react-router";

import classes from "./DeviceTabs.module.css";

const active = { activeOptions: { exact: true } };

interface AlertTabsProps {
  /** May see what was sent. */
  operator: boolean;
  /** May see and change where it goes. */
  admin: boolean;
}

/** The pages of what is watched and told. */
export const AlertTabs = ({ operator, admin }: AlertTabsProps) => (
  <nav className={classes.tabs} aria-label="Alerts">
    <Link to="/alerts" {...active}>
      Inbox
    </Link>
    <Link to="/rules" {...active}>
      Rules
    </Link>
    {admin && (
      <Link to="/notifications" {...active}>
        Where to
      </Link>
    )}
    {operator && (
      <Link to="/notifications/sent" {...active}>
        Sent
      </Link>
    )}
  </nav>
);
