const WIDTH = 120;
const HEIGHT = 40;
const INSET = 2;

interface SparklineProps {
  t: readonly number[];
  values: readonly number[];
  from: number;
  to: number;
}

/** A curve without axes, for the shape only. Hidden from screen readers: the number beside it says what matters. */
export function Sparkline({ t, values, from, to }: SparklineProps) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const x = (at: number) => ((at - from) / (to - from)) * WIDTH;
  const y = (value: number) =>
    high === low ? HEIGHT / 2 : HEIGHT - INSET - ((value - low) / (high - low)) * (HEIGHT - 2 * INSET);
  const points = t.map((at, index) => `${x(at).toFixed(1)},${y(values[index] ?? low).toFixed(1)}`).join(" ");
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
      focusable="false"
    >
      <polyline
        points={points}
        fill="none"
        stroke="var(--mantine-color-anchor)"
        strokeWidth="1.6"
        strokeLinejoin="round"
      />
    </svg>
  );
}
