import { Link } from "@tanstack/react-router";

import classes from "./DeviceTabs.module.css";

const exact = { activeOptions: { exact: true, includeSearch: false } };

/** The pages of firmware and who gets it. */
export const UpdateTabs = () => (
  <nav className={classes.tabs} aria-label="Updates">
    <Link to="/updates" {...exact}>
      Releases
    </Link>
    <Link to="/updates/rollouts" activeOptions={{ exact: false }}>
      Rollouts
    </Link>
    <Link to="/updates/fleet" {...exact}>
      Who runs what
    </Link>
    <Link to="/updates/keys" {...exact}>
      Keys
    </Link>
  </nav>
);
