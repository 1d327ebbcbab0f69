import { useEffect, useRef } from "react";

import type { Ring } from "@/lib/ring";
import type { ForceTrace } from "@/lib/trace";
import { formatNumber } from "@/lib/units";
import { useFrame } from "@/lib/useFrame";

import { paper, penOf, type Scheme } from "../palette";
import classes from "./LiveTrace.module.css";
import { follow, type Range, ticks } from "./range";

export interface Side {
  id: string;
  label: string;
}

interface LiveTraceProps {
  trace: ForceTrace;
  sides: readonly Side[];
  unit: string;
  /** How much time is in view. */
  seconds: number;
  scheme: Scheme;
}

const TOP_PX = 12;

interface Pen {
  axis: number;
  foot: number;
  label: number;
  font: string;
  line: number;
}

const NEAR: Pen = { axis: 62, foot: 22, label: 68, font: "13px system-ui, sans-serif", line: 2 };
/** Where there is room: for somebody who stands at the bar. */
const FAR: Pen = { axis: 84, foot: 30, label: 120, font: "600 18px system-ui, sans-serif", line: 3.5 };
const ROOMY_PX = 240;

/** What is measured right now, drawn on each repaint straight from the ring: no rendering of React in between. */
export function LiveTrace({ trace, sides, unit, seconds, scheme }: LiveTraceProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useRef({ width: 0, height: 0 });
  const range = useRef<Range | null>(null);
  const scratch = useRef<[low: Float64Array, high: Float64Array]>([new Float64Array(1), new Float64Array(1)]);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const fit = () => {
      const ratio = window.devicePixelRatio || 1;
      const { clientWidth: width, clientHeight: height } = element;
      size.current = { width, height };
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      scratch.current = [new Float64Array(Math.max(1, width)), new Float64Array(Math.max(1, width))];
    };
    fit();
    const resized = new ResizeObserver(fit);
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  useEffect(() => {
    range.current = null;
  }, [trace, unit]);

  useFrame((now) => {
    const context = canvas.current?.getContext("2d");
    const { width, height } = size.current;
    const pencil = height >= ROOMY_PX ? FAR : NEAR;
    if (!context || width <= pencil.axis) return;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const to = trace.playhead.at(now);
    const from = to === null ? null : to - seconds * 1e6;
    const plot = {
      left: pencil.axis,
      top: TOP_PX,
      width: width - pencil.axis,
      height: height - TOP_PX - pencil.foot,
    };
    const [low, high] = scratch.current;
    const rings: [ring: Ring, pen: number, bold: boolean][] = sides.flatMap(({ id }, index) => {
      const ring = trace.ring(id);
      return ring === undefined ? [] : [[ring, index, false] as [Ring, number, boolean]];
    });
    if (rings.length > 1) rings.push([trace.total, 2, true]);
    const columns = Math.floor(plot.width);
    let lowest = Infinity;
    let highest = -Infinity;
    if (from !== null && to !== null)
      for (const [ring] of rings) {
        ring.columns(from, to, columns, low, high);
        for (let x = 0; x < columns; x++) {
          const bottom = low[x] ?? NaN;
          const top = high[x] ?? NaN;
          if (bottom < lowest) lowest = bottom;
          if (top > highest) highest = top;
        }
      }
    range.current = follow(range.current, lowest, highest);
    const shown = range.current;
    const y = (value: number) =>
      plot.top + plot.height - ((value - shown.low) / (shown.high - shown.low)) * plot.height;
    grid(context, plot, pencil, shown, y, unit, seconds, scheme);
    if (from === null || to === null) return;
    context.lineJoin = "round"; // pointed ones make noise look like ten times as much
    for (const [ring, pen, bold] of rings) {
      ring.columns(from, to, columns, low, high);
      const { colour, dash } = penOf(pen, scheme);
      context.strokeStyle = colour;
      context.lineWidth = bold ? pencil.line * 1.4 : pencil.line;
      context.setLineDash(bold ? [] : [...dash]);
      line(context, plot.left, columns, low, high, y);
    }
    context.setLineDash([]);
  });

  return <canvas ref={canvas} className={classes.canvas} aria-hidden="true" />;
}

interface Plot {
  left: number;
  top: number;
  width: number;
  height: number;
}

function grid(
  context: CanvasRenderingContext2D,
  plot: Plot,
  pen: Pen,
  shown: Range,
  y: (value: number) => number,
  unit: string,
  seconds: number,
  scheme: Scheme,
): void {
  const { text, grid: faint } = paper(scheme);
  context.font = pen.font;
  context.lineWidth = 1;
  context.strokeStyle = faint;
  context.fillStyle = text;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(shown, Math.max(2, plot.height / 60))) {
    const at = Math.round(y(value)) + 0.5;
    context.beginPath();
    context.moveTo(plot.left, at);
    context.lineTo(plot.left + plot.width, at);
    context.stroke();
    context.fillText(formatNumber(value, 0), plot.left - 8, at);
  }
  context.textBaseline = "alphabetic";
  const step = Math.max(1, Math.ceil((seconds * pen.label) / plot.width));
  for (let back = 0; back <= seconds; back += step) {
    const at = plot.left + plot.width * (1 - back / seconds);
    context.textAlign = back === 0 ? "right" : back === seconds ? "left" : "center";
    context.fillText(back === 0 ? `now (${unit})` : `−${back} s`, at, plot.top + plot.height + pen.foot - 5);
  }
}

/** From column to column; where several samples fall on one, down to the lowest and up to the highest of them. */
function line(
  context: CanvasRenderingContext2D,
  left: number,
  columns: number,
  low: Float64Array,
  high: Float64Array,
  y: (value: number) => number,
): void {
  context.beginPath();
  let last = -Infinity;
  for (let x = 0; x < columns; x++) {
    const bottom = low[x] ?? NaN;
    if (Number.isNaN(bottom)) continue;
    const top = high[x] ?? bottom;
    // Wider than this nothing came: the line breaks.
    if (x - last > LONGEST_STEP_PX) context.moveTo(left + x, y(bottom));
    else context.lineTo(left + x, y(bottom));
    if (top !== bottom) context.lineTo(left + x, y(top));
    last = x;
  }
  context.stroke();
}

const LONGEST_STEP_PX = 30;
