/** From the server's buckets to bars and sums. Pure. */

import type { EnergyBucket, Period } from "@/api/types";
import type { Bar, Look } from "@/charts/bars";
import { kwhWords } from "@/lib/energy";
import { formatNumber } from "@/lib/units";

import { axisName, bucketName } from "./names";
import type { View } from "./view";

const DAY_MS = 86_400_000;

export const QUALITY: Readonly<Record<Look, string>> = {
  measured: "Measured by the device's counter",
  integrated: "Worked out from power over time",
  partial: "Partial: some of the time is missing",
  missing: "No data",
};

const SHORT: Readonly<Record<Look, string>> = {
  measured: "measured",
  integrated: "worked out from power",
  partial: "partial",
  missing: "no data",
};

/** "12.41 kWh, partial: 14 % of the time is missing". */
export function amountWords({ kwh, quality, missing }: EnergyBucket): string {
  if (kwh === null) return SHORT.missing;
  const share = missing > 0 && missing < 0.01 ? "under 1" : formatNumber(missing * 100, 0);
  const gap = quality === "partial" ? `: ${share} % of the time is missing` : "";
  return `${kwhWords(kwh)}, ${SHORT[quality]}${gap}`;
}

/** Years from before the first data say nothing. Gaps within and after the data stay: they are news. */
export function withoutLead(buckets: readonly EnergyBucket[]): EnergyBucket[] {
  const first = buckets.findIndex(({ kwh }) => kwh !== null);
  return first === -1 ? [] : buckets.slice(first);
}

export const barsOf = (buckets: readonly EnergyBucket[], { by, of }: View, zone: string): Bar[] =>
  buckets.map((bucket) => ({
    key: String(bucket.start),
    label: axisName(by, of, bucket.start, zone),
    said: `${bucketName(by, bucket.start, bucket.end, zone)}: ${amountWords(bucket)}`,
    value: bucket.kwh,
    look: bucket.quality,
  }));

export interface Sum {
  kwh: number;
  /** Per 24 hours of the time that the energy stands for; null when that is too short. */
  perDay: number | null;
  /** Share of the time so far that nobody watched. */
  missing: number;
}

/** Less than this says nothing about a day. */
const SHORTEST_MS = DAY_MS / 24;

const lengthOf = ({ start, end }: EnergyBucket, now: number): number =>
  Math.max(0, Math.min(end, now) - start);
const watchedOf = (bucket: EnergyBucket, now: number): number => lengthOf(bucket, now) * (1 - bucket.missing);

/**
 * The time in which the energy was used. A counter goes on counting while nobody watches, so what lies between the
 * first and the last bucket of it counts in full; power over time only knows the time it saw.
 */
function standsFor(buckets: readonly EnergyBucket[], now: number): number {
  const first = buckets.findIndex(({ kwh }) => kwh !== null);
  const last = buckets.findLastIndex(({ kwh }) => kwh !== null);
  const counted = buckets.some(({ measured }) => measured > 0);
  return buckets
    .slice(first, last + 1)
    .map((bucket, place) => {
      const within = place > 0 && place < last - first;
      return counted && within ? lengthOf(bucket, now) : watchedOf(bucket, now);
    })
    .reduce((sum, length) => sum + length, 0);
}

const total = (buckets: readonly EnergyBucket[]): number =>
  buckets.reduce((sum, { kwh }) => sum + (kwh ?? 0), 0);

/**
 * What the buckets come to until `now`; null when nothing in them is known. The `whole` span's own bucket says the
 * total best, because weeks at a year's edges belong to two years.
 */
export function sumOf(whole: EnergyBucket | null, buckets: readonly EnergyBucket[], now: number): Sum | null {
  if (buckets.every(({ kwh }) => kwh === null)) return null;
  const time = standsFor(buckets, now);
  const passed = buckets.reduce((sum, bucket) => sum + lengthOf(bucket, now), 0);
  const watched = buckets.reduce((sum, bucket) => sum + watchedOf(bucket, now), 0);
  return {
    kwh: whole?.kwh ?? total(buckets),
    perDay: time < SHORTEST_MS ? null : (total(buckets) / time) * DAY_MS,
    missing: passed === 0 ? 0 : 1 - watched / passed,
  };
}

const WORDS: Readonly<Record<Period, string>> = {
  hour: "hour",
  day: "day",
  week: "week",
  month: "month",
  year: "year",
};

export const perWords = (by: Period): string => `Energy per ${WORDS[by]}`;
