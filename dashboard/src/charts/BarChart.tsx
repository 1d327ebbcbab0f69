import { type CSSProperties, type KeyboardEvent, useRef, useState } from "react";

import { BarCanvas } from "./BarCanvas";
import classes from "./BarChart.module.css";
import { FRAME } from "./barOptions";
import type { Bar } from "./bars";
import type { Scheme } from "./palette";

export interface BarChartProps {
  bars: readonly Bar[];
  /** Of the values, for the axis. */
  unit: string;
  scheme: Scheme;
  /** What is drawn, for those who do not see it. */
  label: string;
  /** Said above the bars while none is pointed at. */
  hint: string;
  /** Opens the bar at this place; absent where nothing finer is known. */
  onOpen?: (place: number) => void;
  /** Escape: back to where these bars are one. */
  onLeave?: () => void;
}

const HEIGHT_PX = 300;

const OVER: CSSProperties = {
  top: FRAME.top,
  right: FRAME.right,
  bottom: FRAME.bottom,
  left: FRAME.left,
};

/** Bars in a row. Each is a button: pointing at it says what it stands for, pressing it opens it. */
export function BarChart({ bars, unit, scheme, label, hint, onOpen, onLeave }: BarChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const [reached, setReached] = useState(0);
  const row = useRef<HTMLDivElement>(null);
  const last = bars.length - 1;
  const focusable = Math.min(reached, last);
  const steps: Partial<Record<string, number>> = {
    ArrowLeft: Math.max(0, focusable - 1),
    ArrowRight: Math.min(last, focusable + 1),
    Home: 0,
    End: last,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onLeave?.();
    const place = steps[event.key];
    if (place === undefined || event.altKey) return;
    event.preventDefault();
    row.current?.querySelectorAll("button")[place]?.focus();
  };
  return (
    <div>
      <p className={classes.readout} aria-hidden="true">
        {(pointed === null ? undefined : bars[pointed]?.said) ?? hint}
      </p>
      <div className={classes.chart}>
        <BarCanvas bars={bars} unit={unit} scheme={scheme} height={HEIGHT_PX} />
        <div
          ref={row}
          className={classes.row}
          style={OVER}
          role="group"
          aria-label={label}
          onKeyDown={onKeyDown}
          onMouseLeave={() => setPointed(null)}
        >
          {bars.map((bar, place) => (
            <button
              key={bar.key}
              type="button"
              aria-label={bar.said}
              tabIndex={place === focusable ? 0 : -1}
              data-opens={onOpen !== undefined}
              onMouseEnter={() => setPointed(place)}
              onFocus={() => {
                setReached(place);
                setPointed(place);
              }}
              onBlur={() => setPointed(null)}
              onClick={() => onOpen?.(place)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
