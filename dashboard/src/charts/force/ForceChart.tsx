import "uplot/dist/uPlot.min.css";

import { type PointerEvent, useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";

import { formatNumber } from "@/lib/units";

import { paper, penOf, type Scheme } from "../palette";
import { instantUnder, moved, shareOf, type Span } from "./drag";
import classes from "./ForceChart.module.css";
import { aligned, type ForceLine } from "./line";

export interface ForceWindow {
  label: string;
  from: number;
  to: number;
}

export interface ForceChartProps {
  lines: readonly ForceLine[];
  /** The span in view, ms. */
  span: Span;
  unit: string;
  scheme: Scheme;
  label: string;
  height?: number;
  /** Shaded, with their names. */
  windows?: readonly ForceWindow[];
  /** The line that can be moved; absent: there is none. */
  onset?: { at: number; limits: Span; onMove?: (at: number) => void };
  onZoom?: (span: Span) => void;
  onReset?: () => void;
}

const AXIS_PX = 68;
const FOOT_PX = 40;
const RIGHT_PX = 14;
const TOP_PX = 22;
const FONT = "12px system-ui, sans-serif";
const SHORTEST_DRAG_PX = 6;

/** Force over time from one origin; the onset can be moved with the pointer and the arrow keys. */
export function ForceChart({
  lines,
  span,
  unit,
  scheme,
  label,
  height = 380,
  windows = [],
  onset,
  onZoom,
  onReset,
}: ForceChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const over = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const current = useRef({ lines, span });
  const shape = lines.map(({ id, label: name }) => `${id}=${name}`).join();
  const zoom = useEffectEvent((from: number, to: number) => onZoom?.({ from, to }));
  const reset = useEffectEvent(() => onReset?.());

  useEffect(() => {
    const fed = current.current.lines !== lines;
    current.current = { lines, span };
    if (fed) chart.current?.setData(aligned(lines), false);
    chart.current?.setScale("x", { min: span.from, max: span.to });
  }, [lines, span]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { lines: drawn, span: view } = current.current;
    const { text, grid } = paper(scheme);
    const axis = { stroke: text, font: FONT, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        ms: 1,
        legend: { show: false },
        padding: [TOP_PX, RIGHT_PX, 0, 0],
        cursor: {
          drag: { x: true, y: false, setScale: false },
          points: { size: 6 },
          bind: { dblclick: () => () => (reset(), null) },
        },
        scales: {
          x: { time: false, auto: false, range: () => [current.current.span.from, current.current.span.to] },
          y: { range: (_, low, high) => [Math.min(0, low), high + (high - Math.min(0, low)) * 0.06 || 1] },
        },
        axes: [
          {
            ...axis,
            size: FOOT_PX,
            space: 70,
            label: "ms",
            labelSize: 14,
            labelFont: FONT,
            values: (_, ticks) => ticks.map((tick) => formatNumber(tick, 0)),
          },
          {
            ...axis,
            size: AXIS_PX,
            space: 44,
            values: (_, ticks) => ticks.map((tick) => `${formatNumber(tick, 0)} ${unit}`),
          },
        ],
        series: [
          {},
          ...drawn.map(({ label: name, id }, index) => {
            const { colour, dash } = penOf(index, scheme);
            return {
              label: name,
              stroke: colour,
              width: id === "total" ? 2.5 : 1.6,
              dash: id === "total" ? [] : [...dash],
              points: { show: false },
            };
          }),
        ],
        hooks: {
          setSelect: [
            (u) => {
              const { left, width } = u.select;
              if (width >= SHORTEST_DRAG_PX) zoom(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      aligned(drawn),
      element,
    );
    chart.current = plot;
    plot.setScale("x", { min: view.from, max: view.to });
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [shape, scheme, unit, height]);

  const instant = (event: PointerEvent) => {
    const rect = over.current?.getBoundingClientRect();
    return rect === undefined ? null : instantUnder(event.clientX - rect.left, rect.width, span);
  };
  const within = (at: number) =>
    onset === undefined ? at : Math.min(onset.limits.to, Math.max(onset.limits.from, at));
  return (
    <figure className={classes.figure} aria-label={label}>
      <ul className={classes.legend}>
        {lines.map(({ id, label: name }, index) => {
          const { colour, dash } = penOf(index, scheme);
          return (
            <li key={id}>
              <svg width="24" height="4" aria-hidden="true">
                <line
                  x1="0"
                  y1="2"
                  x2="24"
                  y2="2"
                  stroke={colour}
                  strokeWidth="3"
                  strokeDasharray={id === "total" ? "" : dash.join(" ")}
                />
              </svg>
              {name}
            </li>
          );
        })}
      </ul>
      <div className={classes.frame}>
        <div ref={box} />
        <div
          ref={over}
          className={classes.over}
          style={{ left: AXIS_PX, right: RIGHT_PX, top: TOP_PX, bottom: FOOT_PX + 14 }}
        >
          {windows.map((one) => {
            const left = Math.max(0, shareOf(one.from, span));
            const right = Math.min(1, shareOf(one.to, span));
            return right <= left ? null : (
              <div
                key={one.label}
                className={classes.window}
                style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }}
              >
                <span>{one.label}</span>
              </div>
            );
          })}
          {onset !== undefined && shareOf(onset.at, span) >= 0 && shareOf(onset.at, span) <= 1 && (
            <div
              className={classes.onset}
              style={{ left: `${shareOf(onset.at, span) * 100}%` }}
              role="slider"
              tabIndex={0}
              aria-label="Onset"
              aria-orientation="horizontal"
              aria-valuemin={Math.round(onset.limits.from)}
              aria-valuemax={Math.round(onset.limits.to)}
              aria-valuenow={Math.round(onset.at)}
              aria-valuetext={`${formatNumber(onset.at, 0)} ms`}
              aria-readonly={onset.onMove === undefined}
              onKeyDown={(event) => {
                const next = moved(onset.at, event.key, event.shiftKey, onset.limits);
                if (next === null || onset.onMove === undefined) return;
                event.preventDefault();
                onset.onMove(next);
              }}
              onPointerDown={(event) => {
                if (onset.onMove === undefined) return;
                event.currentTarget.setPointerCapture(event.pointerId);
                event.currentTarget.focus();
                event.preventDefault();
              }}
              onPointerMove={(event) => {
                if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
                const at = instant(event);
                if (at !== null) onset.onMove?.(within(at));
              }}
            >
              <span>Onset</span>
            </div>
          )}
        </div>
      </div>
    </figure>
  );
}
