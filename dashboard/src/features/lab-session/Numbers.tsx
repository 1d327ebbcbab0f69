import { useRef } from "react";

import type { ForceTrace } from "@/lib/trace";
import { formatNumber } from "@/lib/units";
import { useFrame } from "@/lib/useFrame";

import classes from "./Numbers.module.css";

// Faster than this a number cannot be read.
const RENEW_US = 100_000;
const STALE_US = 1_500_000;

interface NumbersProps {
  trace: ForceTrace;
  sides: readonly { id: string; label: string }[];
  unit: string;
  /** Show the highest since this moment of the page's clock (ms) in place of the total of now. */
  peakSince: number | null;
}

/** Left, total and right, to be read from the other side of the room; written straight into the page. */
export function Numbers({ trace, sides, unit, peakSince }: NumbersProps) {
  const list = useRef<HTMLDListElement>(null);
  const renewed = useRef(0);
  useFrame((now) => {
    if (now - renewed.current < RENEW_US) return;
    renewed.current = now;
    const at = trace.playhead.at(now);
    const silent = trace.heardAt === null || now - trace.heardAt > STALE_US;
    const say = (id: string, value: number) => {
      const box = list.current?.querySelector(`[data-of="${id}"]`);
      if (box) box.textContent = Number.isFinite(value) ? formatNumber(value, 0) : "–";
    };
    for (const { id } of sides) say(id, at === null || silent ? NaN : (trace.ring(id)?.valueAt(at) ?? NaN));
    if (at === null) say("total", NaN);
    else if (peakSince === null) say("total", silent ? NaN : trace.total.valueAt(at));
    else say("total", trace.total.highest(at - (now - peakSince * 1000), at));
  });
  const [left, right] = sides.length === 2 ? sides : [undefined, undefined];
  return (
    <dl ref={list} className={classes.numbers} data-sides={sides.length}>
      {left && <BigNumber label={left.label} of={left.id} side="left" />}
      <BigNumber
        label={peakSince === null ? `Total (${unit})` : `Highest (${unit})`}
        of="total"
        side="total"
      />
      {right && <BigNumber label={right.label} of={right.id} side="right" />}
    </dl>
  );
}

interface NumberProps {
  label: string;
  side: "left" | "total" | "right";
  of: string;
}

const BigNumber = ({ label, side, of }: NumberProps) => (
  <div data-side={side}>
    <dt>{label}</dt>
    <dd data-of={of}>–</dd>
  </div>
);
