import type { Columns } from "./columns";

/** One channel as a chart draws it. */
export interface ChartSeries {
  id: string;
  label: string;
  unit: string;
  /** The unit somebody chose; "" = what reads best. */
  display?: string;
  decimals: number;
  kind: "gauge" | "counter" | "state";
  columns: Columns;
  /** Counters only: how much was added in each bucket. */
  increase?: readonly number[];
}

export interface Panel {
  key: string;
  unit: string;
  display?: string;
  kind: ChartSeries["kind"];
  series: ChartSeries[];
}

/** Channels share a panel when they share an axis: same unit, same way of drawing. */
export function panelsOf(series: readonly ChartSeries[]): Panel[] {
  const panels = new Map<string, Panel>();
  for (const one of series) {
    const key = `${one.kind}:${one.unit}:${one.display ?? ""}`;
    const panel = panels.get(key) ?? {
      key,
      unit: one.unit,
      display: one.display ?? "",
      kind: one.kind,
      series: [],
    };
    panel.series.push(one);
    panels.set(key, panel);
  }
  return [...panels.values()];
}
