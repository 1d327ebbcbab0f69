import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";

import { dataOf } from "./data";
import type { ChartMark } from "./marks";
import { optionsOf, type PanelEvents } from "./options";
import type { Scheme } from "./palette";
import type { Panel } from "./series";

interface PanelChartProps extends PanelEvents {
  panel: Panel;
  /** Those of this panel's series. */
  marks: readonly ChartMark[];
  from: number;
  to: number;
  scheme: Scheme;
  height: number;
}

/** One canvas. It is made anew when what is drawn changes in kind, and only fed when data or span move on. */
export function PanelChart({
  panel,
  marks,
  from,
  to,
  scheme,
  height,
  onZoom,
  onMove = onZoom,
  onReset,
  onMark,
}: PanelChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const current = useRef({ panel, marks, span: [from, to] as [number, number] });
  const zoom = useEffectEvent(onZoom);
  const move = useEffectEvent(onMove);
  const reset = useEffectEvent(onReset);
  const open = useEffectEvent((id: string) => onMark?.(id));
  const opens = onMark !== undefined;
  const shape = panel.series.map(({ id, label }) => `${id}=${label}`).join();

  // Before the one that builds, so that a new chart finds today's data.
  useEffect(() => {
    current.current = { panel, marks, span: [from, to] };
    chart.current?.setData(dataOf(panel), false);
    chart.current?.setScale("x", { min: from, max: to });
  }, [panel, marks, from, to]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const now = current.current;
    const options = optionsOf(
      () => current.current.panel,
      () => current.current.marks,
      () => current.current.span,
      scheme,
      { width: element.clientWidth, height },
      {
        onZoom: (start, end) => zoom(start, end),
        onMove: (start, end) => move(start, end),
        onReset: () => reset(),
        onMark: opens ? (id) => open(id) : undefined,
      },
    );
    const plot = new uPlot(options, dataOf(now.panel), element);
    chart.current = plot;
    plot.setScale("x", { min: now.span[0], max: now.span[1] });
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [shape, panel.key, scheme, height, opens]);

  return <div ref={box} />;
}
