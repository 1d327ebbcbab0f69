/** Words and numbers of the force lab. */

import { formatNumber } from "./units";

interface Measured {
  value: number | null;
  unit: string;
  decimals: number;
}

export const metricText = ({ value, unit, decimals }: Measured): string =>
  value === null ? "–" : `${formatNumber(value, decimals)} ${unit}`.trim();

interface Named {
  key: string;
  label: string;
  value: number | null;
}

export const metricOf = <T extends Named>(metrics: readonly T[], key: string): T | undefined =>
  metrics.find((metric) => metric.key === key);

const MISSING: Readonly<Record<string, string>> = {
  link: "The connection was lost",
  server: "The server was not running",
  storage: "The server could not store what came",
  gap: "Samples are missing",
  dead: "A channel never changed its value",
  saturated: "A channel was at the limit of its converter",
  channel: "A channel sent nothing",
  clock: "The device told no time of its own that can be used",
};

interface Lost {
  kind: string;
  start: number;
  end: number | null;
  detail: string;
}

export const lasting = (ms: number): string =>
  ms >= 1_000 ? `${formatNumber(ms / 1_000, 1)} s` : `${formatNumber(ms, 0)} ms`;

/** What a trial does not hold, as a sentence. */
export function missingWords({ kind, start, end, detail }: Lost): string {
  const what = MISSING[kind] ?? kind;
  const span = kind === "clock" || end === null || end - start < 1 ? "" : ` for ${lasting(end - start)}`;
  return `${what}${span}${detail === "" ? "" : `: ${detail}`}.`;
}

// The analysis says the same of each channel, and what follows from it.
const SEEN_BY_CHECKS = new Set(["gap", "dead", "saturated"]);

/** What is missing, each thing once; what the quality checks of a result say too is left to them. */
export const missingLines = (missing: readonly Lost[], checked: boolean): string[] => [
  ...new Set(
    missing
      .filter(
        ({ kind, detail }) => !(checked && SEEN_BY_CHECKS.has(kind) && /^\d+ samples|changed/.test(detail)),
      )
      .map(missingWords),
  ),
];

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Left before right before everything else. */
export const bySide = <T extends { key: string }>(channels: readonly T[]): T[] => {
  const rank = ({ key }: T) => (key === "left" ? 0 : key === "right" ? 1 : 2);
  return channels.toSorted((a, b) => rank(a) - rank(b));
};
