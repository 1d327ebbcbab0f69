import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "react";
import uPlot from "uplot";

import { barOptions } from "./barOptions";
import { type Bar, rowsOf } from "./bars";
import type { Scheme } from "./palette";

interface BarCanvasProps {
  bars: readonly Bar[];
  unit: string;
  scheme: Scheme;
  height: number;
}

const dataOf = (bars: readonly Bar[]): uPlot.AlignedData => [bars.map((_, place) => place), ...rowsOf(bars)];

/** The drawn bars; what is said and pressed stands over them, see BarChart. */
export function BarCanvas({ bars, unit, scheme, height }: BarCanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const current = useRef(bars);

  // Before the one that builds, so that a new chart finds today's data.
  useEffect(() => {
    current.current = bars;
    chart.current?.setData(dataOf(bars));
  }, [bars]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const size = { width: element.clientWidth, height };
    const plot = new uPlot(
      barOptions(() => current.current, unit, scheme, size),
      dataOf(current.current),
      element,
    );
    chart.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [unit, scheme, height]);

  return <div ref={box} aria-hidden="true" />;
}
