import { type KeyboardEvent, type PointerEvent, useState } from "react";

import { kwhWords } from "@/lib/energy";

import { HOURS, topOf, xOf, yOf } from "./scale";
import classes from "./DayChart.module.css";

type Hours = readonly (number | null)[];

export interface DayLine {
  label: string;
  hours: Hours;
}

interface DayChartProps {
  /** Drawn as bars. */
  today: DayLine;
  /** Drawn as steps over them; at most two. */
  others: readonly DayLine[];
  /** The hour that runs now. */
  now: number;
}

const WIDTH = 720;
const HEIGHT = 200;
const FRAME = { left: 8, right: 8, top: 14, bottom: 22 };
const LABELLED = [0, 6, 12, 18] as const;

const two = (hour: number) => String(hour).padStart(2, "0");

/** kWh hour by hour: today as bars, other days as lines over them. A finger, a mouse or the arrow keys read an hour. */
export function DayChart({ today, others, now }: DayChartProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  const plot = {
    x: (hour: number) => FRAME.left + xOf(hour, WIDTH - FRAME.left - FRAME.right),
    y: (kwh: number) => FRAME.top + yOf(kwh, top, HEIGHT - FRAME.top - FRAME.bottom),
  };
  const top = topOf([today.hours, ...others.map(({ hours }) => hours)]);
  const read = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width) * WIDTH;
    const hour = Math.floor(((share - FRAME.left) / (WIDTH - FRAME.left - FRAME.right)) * HOURS);
    setChosen(Math.min(HOURS - 1, Math.max(0, hour)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setChosen(Math.min(HOURS - 1, Math.max(0, (chosen ?? now - step) + step)));
  };
  const hour = chosen ?? now;
  return (
    <figure className={classes.figure}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className={classes.canvas}
        role="application"
        aria-roledescription="chart"
        aria-label={`Energy by the hour, ${[today, ...others].map(({ label }) => label.toLowerCase()).join(", ")}. Left and right arrows read an hour.`}
        tabIndex={0}
        onPointerMove={read}
        onPointerDown={read}
        onPointerLeave={() => setChosen(null)}
        onKeyDown={onKeyDown}
      >
        {[0.5, 1].map((share) => (
          <line
            key={share}
            className={classes.grid}
            x1={plot.x(0)}
            x2={plot.x(HOURS)}
            y1={plot.y(top * share)}
            y2={plot.y(top * share)}
          />
        ))}
        <rect
          className={classes.chosen}
          x={plot.x(hour)}
          y={FRAME.top}
          width={plot.x(1) - plot.x(0)}
          height={HEIGHT - FRAME.top - FRAME.bottom}
        />
        {today.hours.map((kwh, place) =>
          kwh === null ? null : (
            <rect
              key={place}
              className={classes.bar}
              data-running={place === now}
              x={plot.x(place + 0.14)}
              width={plot.x(0.72) - plot.x(0)}
              y={Math.min(plot.y(kwh), plot.y(0))}
              height={Math.max(1, Math.abs(plot.y(kwh) - plot.y(0)))}
            />
          ),
        )}
        {others.map(({ label, hours }, place) => (
          <path key={label} className={classes.line} data-place={place} d={stepsOf(hours, plot)} />
        ))}
        <line className={classes.ground} x1={plot.x(0)} x2={plot.x(HOURS)} y1={plot.y(0)} y2={plot.y(0)} />
      </svg>
      <div className={classes.axis} aria-hidden="true">
        {LABELLED.map((at) => (
          <span key={at}>{two(at)}:00</span>
        ))}
        <span>24:00</span>
      </div>
      <span className={classes.top} aria-hidden="true">
        {`${Number(top.toPrecision(2)).toLocaleString()} kWh`}
      </span>
      <figcaption className={classes.reading} aria-live="polite">
        <strong>
          {two(hour)}:00–{two(hour + 1)}:00
        </strong>
        {[today, ...others].map(({ label, hours }, place) => (
          <span key={label} className={classes.entry}>
            <i className={classes.swatch} data-place={place - 1} />
            {label} {sayOf(hours[hour] ?? null)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const sayOf = (kwh: number | null): string => (kwh === null ? "no data" : kwhWords(kwh));

interface Plot {
  x: (hour: number) => number;
  y: (kwh: number) => number;
}

/** A line that stays level for each hour and is absent where nothing was measured. */
function stepsOf(hours: Hours, { x, y }: Plot): string {
  let drawing = false;
  return hours
    .map((kwh, hour) => {
      const level = kwh === null ? "" : `${drawing ? "L" : "M"}${x(hour)} ${y(kwh)}H${x(hour + 1)}`;
      drawing = kwh !== null;
      return level;
    })
    .join("");
}
