import { Button, Group } from "@mantine/core";

import { Icon, type IconName } from "@/ui/Icon";

import classes from "./ChartControls.module.css";
import { RANGES, type View } from "./span";

interface ChartControlsProps {
  view: View;
  onRange: (span: number) => void;
  onPan: (share: number) => void;
  onScale: (factor: number) => void;
}

/** Everything the mouse and the arrow keys can do on the chart, as buttons. */
export function ChartControls({ view, onRange, onPan, onScale }: ChartControlsProps) {
  return (
    <Group gap="xs">
      <div className={classes.ranges} role="group" aria-label="Time span">
        {RANGES.map(({ label, span }) => (
          <button
            key={span}
            type="button"
            aria-pressed={view.kind === "live" && view.span === span}
            onClick={() => onRange(span)}
          >
            {label}
          </button>
        ))}
      </div>
      <Button.Group>
        <Tool icon="back" label="Earlier" onClick={() => onPan(-0.5)} />
        <Tool icon="forward" label="Later" onClick={() => onPan(0.5)} disabled={view.kind === "live"} />
        <Tool icon="plus" label="Zoom in" onClick={() => onScale(0.5)} />
        <Tool icon="minus" label="Zoom out" onClick={() => onScale(2)} />
      </Button.Group>
    </Group>
  );
}

interface ToolProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean;
}

function Tool({ icon, label, onClick, disabled = false }: ToolProps) {
  return (
    <Button
      variant="default"
      size="xs"
      px={8}
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={disabled}
    >
      <Icon name={icon} size={16} />
    </Button>
  );
}
