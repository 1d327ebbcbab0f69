import { describe, expect, it } from "vitest";

import type { EnergyBucket } from "@/api/types";
import { labelled, rowsOf } from "@/charts/bars";

import { bucketName, wholeName } from "./names";
import { amountWords, barsOf, sumOf, withoutLead } from "./shape";
import { into, outOf, per, searchOf, START, viewIn } from "./view";

const ZONE = "Europe/Budapest";
const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOVEMBER = Date.UTC(2026, 9, 31, 23); // midnight in Budapest

const bucket = (change: Partial<EnergyBucket>): EnergyBucket => ({
  start: NOVEMBER,
  end: NOVEMBER + DAY,
  kwh: 12,
  quality: "measured",
  measured: 1,
  integrated: 0,
  missing: 0,
  ...change,
});
const gap = (day: number): EnergyBucket =>
  bucket({
    start: NOVEMBER + day * DAY,
    end: NOVEMBER + (day + 1) * DAY,
    kwh: null,
    quality: "missing",
    measured: 0,
    missing: 1,
  });
const on = (day: number, change: Partial<EnergyBucket> = {}): EnergyBucket =>
  bucket({ start: NOVEMBER + day * DAY, end: NOVEMBER + (day + 1) * DAY, ...change });

describe("the way through the calendar", () => {
  it("leads from years to hours, each within the bar that was opened", () => {
    const months = into(per("year", null), 1);
    expect(months).toEqual({ by: "month", of: "year", at: 1 });
    const days = into(months ?? START, 2);
    expect(days).toEqual({ by: "day", of: "month", at: 2 });
    const hours = into(days ?? START, 3);
    expect(hours).toEqual({ by: "hour", of: "day", at: 3 });
    expect(into(hours ?? START, 4)).toBeNull();
  });

  it("opens a week into its own days, and comes back to the weeks", () => {
    const days = into(per("week", 5), 6);
    expect(days).toEqual({ by: "day", of: "week", at: 6 });
    expect(outOf(days ?? START)).toEqual({ by: "week", of: "year", at: 6 });
  });

  it("climbs from hours to all years and no further", () => {
    expect(outOf(per("hour", 7))).toEqual({ by: "day", of: "month", at: 7 });
    expect(outOf(per("month", 7))).toEqual({ by: "year", of: "all", at: 7 });
    expect(outOf(per("year", 7))).toBeNull();
  });

  it.each([START, per("hour", 9), { by: "day", of: "week", at: 3 } as const, per("year", null)])(
    "survives in the address: %o",
    (view) => expect(viewIn(searchOf(view))).toEqual(view),
  );

  it.each([{}, { by: "second" }, { by: "day", of: "century" }, { by: "toString" }, { at: -1 }, { at: "x" }])(
    "makes the usual view of what makes no sense: %o",
    (search) => expect(viewIn(search)).toEqual(START),
  );
});

describe("names of spans", () => {
  it("are those of the site's zone, wherever the browser is", () => {
    expect(wholeName("month", NOVEMBER, ZONE)).toContain("2026");
    expect(wholeName("month", NOVEMBER, "UTC")).not.toBe(wholeName("month", NOVEMBER, ZONE));
    expect(bucketName("hour", NOVEMBER, NOVEMBER + HOUR, ZONE)).toBe("00:00–01:00");
  });

  it("tell the two hours apart that the clock shows twice", () => {
    const twice = Date.UTC(2026, 9, 25, 0); // 02:00 summer time
    const first = bucketName("hour", twice, twice + HOUR, ZONE);
    const second = bucketName("hour", twice + HOUR, twice + 2 * HOUR, ZONE);
    expect(first).not.toBe(second);
    expect(first).toMatch(/^02:00/);
    expect(second).toMatch(/^02:00/);
  });

  it("do without a zone that the browser does not know", () => {
    expect(wholeName("year", NOVEMBER + 5 * DAY, "Mars/Olympus")).toBe("2026");
  });
});

describe("bars", () => {
  it("say their span, their amount and how it is known", () => {
    const [bar] = barsOf([on(2, { quality: "partial", missing: 0.25 })], START, ZONE);
    expect(bar).toMatchObject({ label: "3", value: 12, look: "partial" });
    expect(bar?.said).toMatch(/3.*: 12\.00 kWh, partial: 25 % of the time is missing$/);
    expect(amountWords(gap(0))).toBe("no data");
  });

  it("are in the row of their quality; a gap fills its height", () => {
    const bars = barsOf([on(0), gap(1), on(2, { quality: "integrated" })], START, ZONE);
    expect(rowsOf(bars)).toEqual([
      [12, null, null],
      [null, null, 12],
      [null, null, null],
      [null, 1, null],
    ]);
  });

  it("have as many labels as there is room for", () => {
    expect(labelled(4, 400, 50)).toEqual([0, 1, 2, 3]);
    expect(labelled(31, 310, 40)).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
    expect(labelled(0, 100, 40)).toEqual([]);
  });

  it("begin with the first data", () => {
    expect(withoutLead([gap(0), gap(1), on(2), gap(3)]).map(({ kwh }) => kwh)).toEqual([12, null]);
    expect(withoutLead([gap(0)])).toEqual([]);
  });
});

describe("sums", () => {
  it("count the time of a gap that a counter has bridged", () => {
    const buckets = [
      on(0),
      gap(1),
      on(2, { kwh: 24, quality: "partial", missing: 0.5, measured: 0.5 }),
      on(3),
    ];
    const sum = sumOf(null, buckets, NOVEMBER + 10 * DAY);
    expect(sum).toMatchObject({ kwh: 48, perDay: 12 });
    expect(sum?.missing).toBeCloseTo(1.5 / 4);
  });

  it("of power over time know only the time they saw", () => {
    const seen = { quality: "integrated", measured: 0, integrated: 1 } as const;
    const buckets = [
      on(0, seen),
      gap(1),
      on(2, { ...seen, kwh: 6, quality: "partial", integrated: 0.5, missing: 0.5 }),
    ];
    expect(sumOf(null, buckets, NOVEMBER + 10 * DAY)?.perDay).toBeCloseTo(12);
  });

  it("leave out what has not passed yet, and what was before the first value", () => {
    const buckets = [gap(0), on(1), on(2, { kwh: 6 })];
    expect(sumOf(null, buckets, NOVEMBER + 2.5 * DAY)?.perDay).toBeCloseTo(12);
  });

  it("take the total of the whole span where there is one", () => {
    expect(sumOf(bucket({ kwh: 11 }), [on(0)], NOVEMBER + DAY)?.kwh).toBe(11);
  });

  it("are unknown when nothing is known, and no average is made of minutes", () => {
    expect(sumOf(null, [gap(0)], NOVEMBER + DAY)).toBeNull();
    expect(sumOf(null, [on(0, { kwh: 0.1 })], NOVEMBER + 60_000)?.perDay).toBeNull();
  });
});
