import { formatValue } from "@/lib/units";

import { type Pen, penOf, type Scheme } from "./palette";
import type { ChartSeries, Panel } from "./series";
import classes from "./TimeChart.module.css";

interface PanelLegendProps {
  panel: Panel;
  from: number;
  to: number;
  scheme: Scheme;
}

/** Which line is which, and what it comes to over the span in view. */
export function PanelLegend({ panel, from, to, scheme }: PanelLegendProps) {
  return (
    <ul className={classes.legend}>
      {panel.series.map((series, index) => (
        <li key={series.id}>
          <Swatch pen={penOf(index, scheme)} />
          <strong>{series.label}</strong> {summary(series, from, to)}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ pen }: { pen: Pen }) {
  return (
    <svg width="22" height="4" className={classes.swatch} aria-hidden="true">
      <line
        x1="0"
        y1="2"
        x2="22"
        y2="2"
        stroke={pen.colour}
        strokeWidth="3"
        strokeDasharray={pen.dash.join(" ")}
      />
    </svg>
  );
}

function summary(series: ChartSeries, from: number, to: number): string {
  const { columns, kind, increase, unit, decimals, display } = series;
  const inView = columns.t.flatMap((at, index) => (at + columns.widthMs > from && at < to ? [index] : []));
  if (inView.length === 0) return "no data in this span";
  const say = (value: number) =>
    Object.values(formatValue(value, unit, decimals, display))
      .join(" ")
      .trim();
  if (kind === "counter")
    return `${say(inView.reduce((sum, index) => sum + (increase?.[index] ?? 0), 0))} in this span`;
  if (kind === "state") return "";
  const low = Math.min(...inView.map((index) => columns.min[index] ?? Infinity));
  const high = Math.max(...inView.map((index) => columns.max[index] ?? -Infinity));
  return `${say(low)} to ${say(high)}`;
}
