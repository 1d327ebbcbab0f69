import { Button, Group, SegmentedControl } from "@mantine/core";

import { Icon } from "@/ui/Icon";

import classes from "./EnergyControls.module.css";
import { wholeName } from "./names";
import type { Shown } from "./useEnergy";
import { outOf, per, PERIODS, type View } from "./view";

interface EnergyControlsProps {
  view: View;
  /** Absent while it is on its way. */
  shown: Shown | undefined;
  zone: string;
  now: number;
  onGo: (view: View) => void;
}

/** "All years" within a sentence; names of months and weekdays keep their capital. */
const lowerFirst = (name: string): string => name.replace(/^(All|Week) /, (word) => word.toLowerCase());

/** Where in the calendar the bars are, and the ways to its neighbours and up. */
export function EnergyControls({ view, shown, zone, now, onGo }: EnergyControlsProps) {
  const upward = shown === undefined ? null : outOf({ ...view, at: shown.from });
  const fixed = shown === undefined || view.of === "all";
  return (
    <Group justify="space-between" gap="sm">
      <Group gap="xs">
        <Button.Group>
          <Button
            variant="default"
            size="xs"
            px={8}
            aria-label="Earlier"
            title="Earlier"
            disabled={fixed}
            onClick={() => shown && onGo({ ...view, at: shown.from - 1 })}
          >
            <Icon name="back" size={16} />
          </Button>
          <Button
            variant="default"
            size="xs"
            px={8}
            aria-label="Later"
            title="Later"
            disabled={fixed || shown.to > now}
            onClick={() => shown && onGo({ ...view, at: shown.to })}
          >
            <Icon name="forward" size={16} />
          </Button>
        </Button.Group>
        <strong className={classes.name} aria-live="polite">
          {shown === undefined ? "…" : wholeName(view.of, shown.from, zone)}
        </strong>
        {upward !== null && (
          <Button variant="subtle" size="compact-sm" onClick={() => onGo(upward)}>
            Show {lowerFirst(wholeName(upward.of, shown?.from ?? now, zone))}
          </Button>
        )}
      </Group>
      <SegmentedControl
        aria-label="One bar is"
        size="xs"
        data={PERIODS.map(({ by, label }) => ({ value: by, label }))}
        value={view.by}
        onChange={(by) => onGo(per(by, view.at))}
      />
    </Group>
  );
}
