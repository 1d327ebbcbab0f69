import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "react";
import uPlot from "uplot";

import { formatNumber } from "@/lib/units";

import { paper, penOf, type Scheme } from "../palette";

export interface TrendChartProps {
  points: readonly { at: number; value: number; lower: number | null; upper: number | null }[];
  unit: string;
  label: string;
  scheme: Scheme;
}

const HEIGHT = 280;
const FONT = "12px system-ui, sans-serif";
const DAY = 86_400_000;

/** Values over days, with a band. */
export function TrendChart({ points, unit, label, scheme }: TrendChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { text, grid } = paper(scheme);
    const axis = { stroke: text, font: FONT, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const { colour } = penOf(0, scheme);
    const t = points.map(({ at }) => at);
    const first = t[0] ?? 0;
    const last = t.at(-1) ?? first;
    const room = Math.max((last - first) * 0.06, DAY / 2);
    const edge = { stroke: `${text}88`, width: 1, dash: [4, 4], points: { show: false } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        ms: 1,
        legend: { show: false },
        padding: [12, 16, 0, 0],
        cursor: { drag: { x: false, y: false } },
        scales: {
          x: { time: true, range: [first - room, last + room] },
          y: {
            range: (_, low, high) => {
              const space = Math.max((high - low) * 0.15, Math.abs(high) * 0.05, 1);
              return [low - space, high + space];
            },
          },
        },
        axes: [
          {
            ...axis,
            size: 30,
            space: 90,
            incrs: [DAY, 2 * DAY, 7 * DAY, 30 * DAY, 91 * DAY, 365 * DAY],
            values: (_, ticks) =>
              ticks.map((tick) =>
                new Date(tick).toLocaleDateString(undefined, { day: "numeric", month: "short" }),
              ),
          },
          {
            ...axis,
            size: 84,
            values: (_, ticks) => ticks.map((tick) => `${formatNumber(tick, 0)} ${unit}`),
          },
        ],
        series: [
          {},
          { label: "upper", ...edge },
          { label: "lower", ...edge },
          {
            label,
            stroke: colour,
            width: 2.5,
            points: { show: true, size: 9, fill: colour },
          },
        ],
        bands: [{ series: [1, 2], fill: `${text}22` }],
      },
      [
        t,
        points.map(({ upper }) => upper),
        points.map(({ lower }) => lower),
        points.map(({ value }) => value),
      ],
      element,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [points, unit, label, scheme]);
  const words = points.map(({ value }) => formatNumber(value, 0)).join(", ");
  return <div ref={box} role="img" aria-label={`${label} in ${unit}, session by session: ${words}`} />;
}
