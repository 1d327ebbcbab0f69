import type uPlot from "uplot";

import { align, breaks, type Row } from "./columns";
import type { ChartSeries, Panel } from "./series";

/** How many rows of data each series of a panel takes: mean, max, min for a gauge, one for the others. */
export const rowsPer = (kind: Panel["kind"]): number => (kind === "gauge" ? 3 : 1);

function rowsOf({ kind, columns, increase }: ChartSeries): Row[] {
  const { t, widthMs, mean, min, max } = columns;
  if (kind === "counter") return [{ t, gaps: [], values: increase ?? [] }];
  // A state holds until it changes; only silence of a gauge is a gap.
  if (kind === "state") return [{ t, gaps: [], values: mean }];
  const gaps = breaks(t, widthMs);
  return [mean, max, min].map((values) => ({ t, gaps, values }));
}

/** The panel's data as uPlot takes it: the time axis, then the rows of each series. */
export function dataOf(panel: Panel): uPlot.AlignedData {
  const { t, cells } = align(panel.series.flatMap(rowsOf));
  return [t, ...cells];
}
