import { formatNumber } from "@/lib/units";

import classes from "./Residuals.module.css";

const WIDTH = 480;
const HEIGHT = 130;
const SIDE = 56;
const FOOT = 22;

interface ResidualsProps {
  points: readonly { massKg: number; residual: number }[];
}

/** How far each point lies from the line, over its mass. */
export function Residuals({ points }: ResidualsProps) {
  if (points.length === 0) return null;
  const heaviest = Math.max(...points.map(({ massKg }) => massKg), 1e-9);
  const widest = Math.max(...points.map(({ residual }) => Math.abs(residual)), 0.1);
  const x = (kg: number) => SIDE + (kg / heaviest) * (WIDTH - SIDE - 12);
  const middle = (HEIGHT - FOOT) / 2;
  const y = (n: number) => middle - (n / widest) * (middle - 12);
  const words = points
    .map(({ massKg, residual }) => `${formatNumber(massKg, 2)} kg: ${formatNumber(residual, 2)} N`)
    .join(", ");
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className={classes.chart}
      role="img"
      aria-label={`Residuals: ${words}`}
    >
      <line x1={SIDE} x2={WIDTH} y1={middle} y2={middle} className={classes.zero} />
      {[widest, -widest].map((n) => (
        <text key={n} x={SIDE - 8} y={y(n) + 4} textAnchor="end">
          {formatNumber(n, 2)} N
        </text>
      ))}
      <text x={SIDE - 8} y={middle + 4} textAnchor="end">
        0
      </text>
      {points.map(({ massKg, residual }, index) => (
        <g key={index}>
          <line x1={x(massKg)} x2={x(massKg)} y1={middle} y2={y(residual)} className={classes.stem} />
          <circle cx={x(massKg)} cy={y(residual)} r="4.5" className={classes.dot} />
        </g>
      ))}
      {[...new Set(points.map(({ massKg }) => massKg))].map((kg) => (
        <text key={kg} x={x(kg)} y={HEIGHT - 4} textAnchor={kg === heaviest ? "end" : "middle"}>
          {formatNumber(kg, 1)} kg
        </text>
      ))}
    </svg>
  );
}
