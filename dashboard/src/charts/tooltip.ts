import type uPlot from "uplot";

import { instant } from "@/lib/time";
import { formatValue } from "@/lib/units";

import { rowsPer } from "./data";
import { penOf, type Scheme } from "./palette";
import type { ChartSeries, Panel } from "./series";
import classes from "./tooltip.module.css";

// A point further from the cursor than this is not the one that is pointed at.
const REACH_PX = 40;
const OFFSET_PX = 14;

const said = (value: number, { unit, decimals, display }: ChartSeries): string => {
  const reading = formatValue(value, unit, decimals, display);
  return `${reading.text} ${reading.unit}`.trim();
};

/** Index of the row's point nearest to the cursor, or null when none is near. */
function nearest(u: uPlot, row: number, left: number): number | null {
  const line = u.data[row] ?? [];
  const middle = u.posToIdx(left);
  for (let away = 0; away < line.length; away += 1) {
    for (const place of away === 0 ? [middle] : [middle - away, middle + away]) {
      if (typeof line[place] !== "number") continue;
      return Math.abs(u.valToPos(u.data[0][place] ?? 0, "x") - left) <= REACH_PX ? place : null;
    }
    const edge = u.data[0][middle - away];
    if (edge === undefined || Math.abs(u.valToPos(edge, "x") - left) > REACH_PX) break;
  }
  return null;
}

function describe(u: uPlot, series: ChartSeries, row: number, place: number): string {
  const value = u.data[row]?.[place] as number;
  if (series.kind !== "gauge") return said(value, series);
  const high = u.data[row + 1]?.[place];
  const low = u.data[row + 2]?.[place];
  if (typeof high !== "number" || typeof low !== "number" || high === low) return said(value, series);
  return `${said(value, series)} (${said(low, series)} to ${said(high, series)})`;
}

/** Follows the cursor with the local time and each channel's value there. */
export function tooltip(panel: () => Panel, scheme: Scheme): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = classes.tooltip ?? "";
  box.hidden = true;

  const line = (text: string, colour?: string) => {
    const element = document.createElement("div");
    element.textContent = text;
    if (colour) element.style.setProperty("--pen", colour);
    element.className = (colour ? classes.value : classes.time) ?? "";
    return element;
  };

  const draw = (u: uPlot) => {
    const left = u.cursor.left ?? -1;
    const { kind, series } = panel();
    const hits = series.flatMap((one, index) => {
      const row = 1 + index * rowsPer(kind);
      const place = left < 0 ? null : nearest(u, row, left);
      return place === null ? [] : [{ one, index, row, place }];
    });
    box.hidden = hits.length === 0;
    const [first] = hits;
    if (first === undefined) return;
    const width = first.one.columns.widthMs;
    box.replaceChildren(
      line(instant(u.data[0][first.place] ?? 0, width)),
      ...hits.map(({ one, index, row, place }) =>
        line(`${one.label} ${describe(u, one, row, place)}`, penOf(index, scheme).colour),
      ),
    );
    const flip = left > u.over.clientWidth / 2;
    box.style.left = flip ? "auto" : `${left + OFFSET_PX}px`;
    box.style.right = flip ? `${u.over.clientWidth - left + OFFSET_PX}px` : "auto";
  };

  return { hooks: { init: (u) => u.over.appendChild(box), setCursor: draw, setData: draw } };
}
