import { useRef } from "react";

import type { Calibration } from "@/api/lab";
import type { ForceTrace } from "@/lib/trace";
import { formatNumber } from "@/lib/units";
import { useFrame } from "@/lib/useFrame";

import classes from "./Reading.module.css";

const RENEW_US = 100_000;
const SECOND_US = 1_000_000;

interface ReadingProps {
  trace: ForceTrace;
  unit: string;
  line: Calibration | undefined;
}

/** What the cell says now, and how quietly: written straight into the page. */
export function Reading({ trace, unit, line }: ReadingProps) {
  const value = useRef<HTMLElement>(null);
  const noise = useRef<HTMLElement>(null);
  const counts = useRef<HTMLElement>(null);
  const renewed = useRef(0);
  useFrame((now) => {
    if (now - renewed.current < RENEW_US) return;
    renewed.current = now;
    const to = trace.playhead.at(now);
    const silent = to === null || trace.heardAt === null || now - trace.heardAt > 1.5 * SECOND_US;
    const { count, mean, sd } = silent
      ? { count: 0, mean: NaN, sd: NaN }
      : trace.total.spread(to - SECOND_US / 2, to);
    const say = (box: HTMLElement | null, text: string) => {
      if (box !== null && box.textContent !== text) box.textContent = text;
    };
    say(value.current, count === 0 ? "–" : formatNumber(mean, 1));
    say(noise.current, count === 0 ? "nothing comes; start streaming" : `± ${formatNumber(sd, 2)} ${unit}`);
    const raw = line === undefined || unit !== "N" ? mean : mean / line.newtons_per_count + line.zero_counts;
    say(counts.current, count === 0 ? "" : `${formatNumber(raw, 0)} counts`);
  });
  return (
    <div className={classes.reading}>
      <p>
        <span ref={value} className={classes.value}>
          –
        </span>{" "}
        <span className={classes.unit}>{unit}</span>
      </p>
      <p className={classes.more}>
        <span ref={noise} /> <span ref={counts} />
      </p>
    </div>
  );
}
