import type { Device } from "@/api/types";
import { plural } from "@/lib/updates";

import type { Draft } from "./draft";
import type { Plan } from "./plan";
import classes from "./PlanView.module.css";

const MOST_NAMED = 4;

/** Who is in which wave, before anything begins. */
export function PlanView({ plan: { waves, newer }, draft }: { plan: Plan; draft: Draft }) {
  if (waves.length === 0) return null;
  return (
    <>
      <ol className={classes.waves} aria-label="Planned waves">
        {waves.map((devices, index) => (
          <li key={index}>
            <strong>
              Wave {index + 1}: {plural(devices.length, "device")}
            </strong>
            <span>{names(devices)}</span>
          </li>
        ))}
      </ol>
      <p className={classes.words}>
        {draft.windowed ? `It begins between ${draft.start} and ${draft.end}. ` : "It begins at once. "}
        {waves.length > 1 && "Each wave waits until the one before it has ended well. "}
        {`If ${draft.threshold} % of a wave or more fail, it stops by itself.`}
        {newer.length > 0 &&
          !draft.force &&
          ` ${plural(newer.length, "device")} with something newer ${newer.length === 1 ? "is" : "are"} left out.`}
      </p>
    </>
  );
}

function names(devices: readonly Device[]): string {
  const shown = devices
    .slice(0, MOST_NAMED)
    .map(({ name }) => name)
    .join(", ");
  return devices.length > MOST_NAMED ? `${shown} and ${devices.length - MOST_NAMED} more` : shown;
}
