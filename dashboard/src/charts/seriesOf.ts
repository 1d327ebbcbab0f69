import type { Columns } from "./columns";
import type { ChartSeries } from "./series";

interface Measured {
  id: string;
  decimals: number;
  kind: ChartSeries["kind"];
  display_unit?: string;
}

/** A channel with its folded columns, as a chart draws it. */
export const seriesOf = (
  channel: Measured,
  label: string,
  history: Columns & { unit: string; increase: readonly number[] | null },
  columns: Columns = history,
): ChartSeries => ({
  id: channel.id,
  label,
  unit: history.unit,
  display: channel.display_unit ?? "",
  decimals: channel.decimals,
  kind: channel.kind,
  columns,
  ...(history.increase ? { increase: history.increase } : {}),
});
