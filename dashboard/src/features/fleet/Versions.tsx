import { plural } from "@/lib/updates";

import type { VersionGroup } from "./fleet";
import classes from "./Versions.module.css";

/** How many devices run which version, as bars beside each other. */
export function Versions({ groups, total }: { groups: readonly VersionGroup[]; total: number }) {
  return (
    <ul className={classes.versions} aria-label="Versions">
      {groups.map(({ version, count, behind }) => (
        <li key={version ?? "?"} data-behind={behind > 0}>
          <strong>{version ?? "not known"}</strong>
          <span className={classes.track} aria-hidden="true">
            <span style={{ width: `${(100 * count) / Math.max(1, total)}%` }} />
          </span>
          <span className={classes.count}>
            {plural(count, "device")}
            {behind > 0 && <em> behind</em>}
          </span>
        </li>
      ))}
    </ul>
  );
}
