import { Link } from "@tanstack/react-router";

import classes from "./DeviceTabs.module.css";

const active = { activeOptions: { exact: true } };

/** The pages of what is switched. */
export const ControlTabs = () => (
  <nav className={classes.tabs} aria-label="Control">
    <Link to="/rooms" {...active}>
      Rooms
    </Link>
    <Link to="/schedules" {...active}>
      Schedules
    </Link>
    <Link to="/load-limits" {...active}>
      Load limits
    </Link>
  </nav>
);
