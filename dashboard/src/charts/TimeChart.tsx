import "uplot/dist/uPlot.min.css";

import type { KeyboardEvent } from "react";

import type { ChartMark } from "./marks";
import type { PanelEvents } from "./options";
import type { Scheme } from "./palette";
import { PanelChart } from "./PanelChart";
import { PanelLegend } from "./PanelLegend";
import { type ChartSeries, panelsOf } from "./series";
import classes from "./TimeChart.module.css";

export interface TimeChartProps extends PanelEvents {
  series: readonly ChartSeries[];
  marks?: readonly ChartMark[];
  /** The span in view, ms. */
  from: number;
  to: number;
  scheme: Scheme;
  /** What is drawn over which time, for those who do not see it. */
  label: string;
  /** Moves by a share of the span, e.g. -0.2. */
  onPan: (share: number) => void;
  /** Makes the span this many times as long, around its middle. */
  onScale: (factor: number) => void;
}

const TALL_PX = 300;
const LOW_PX = 190;
const PAN_SHARE = 0.2;
const NO_MARKS: readonly ChartMark[] = [];

/** Channels over time, one panel per unit, all with the same span and cursor. */
export function TimeChart({
  series,
  marks = NO_MARKS,
  from,
  to,
  scheme,
  label,
  onPan,
  onScale,
  onZoom,
  onMove,
  onReset,
  onMark,
}: TimeChartProps) {
  const keys: Partial<Record<string, () => void>> = {
    ArrowLeft: () => onPan(-PAN_SHARE),
    ArrowRight: () => onPan(PAN_SHARE),
    ArrowUp: () => onScale(0.5),
    ArrowDown: () => onScale(2),
    Escape: onReset,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return (
    <div
      className={classes.chart}
      role="application"
      aria-roledescription="chart"
      aria-label={`${label}. Left and right arrows move, up and down arrows zoom, Escape goes back.`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {panelsOf(series).map((panel, index) => (
        <div key={panel.key} className={classes.panel}>
          <PanelLegend panel={panel} from={from} to={to} scheme={scheme} />
          <PanelChart
            panel={panel}
            marks={marks.filter((mark) => panel.series.some(({ id }) => id === mark.series))}
            from={from}
            to={to}
            scheme={scheme}
            height={index === 0 ? TALL_PX : LOW_PX}
            onZoom={onZoom}
            onMove={onMove}
            onReset={onReset}
            onMark={onMark}
          />
        </div>
      ))}
    </div>
  );
}
