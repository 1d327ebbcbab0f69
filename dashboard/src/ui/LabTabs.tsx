import { Link } from "@tanstack/react-router";

import classes from "./DeviceTabs.module.css";

const active = { activeOptions: { exact: true, includeSearch: false } };

/** The pages of the force lab. */
export const LabTabs = () => (
  <nav className={classes.tabs} aria-label="Force lab">
    <Link to="/lab" {...active}>
      Sessions
    </Link>
    <Link to="/lab/athletes" {...active}>
      Athletes
    </Link>
    <Link to="/lab/groups" {...active}>
      Groups
    </Link>
    <Link to="/lab/calibration" {...active}>
      Calibration
    </Link>
    <Link to="/recordings" {...active}>
      Other recordings
    </Link>
  </nav>
);
