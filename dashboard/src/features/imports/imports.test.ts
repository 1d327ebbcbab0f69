import { describe, expect, it } from "vitest";

import type { CsvPreview, ImportJob } from "@/api/types";

import { columnsOf, faultOf, kindOf, optionsOf, type Wish } from "./order";
import { rejectionWords, shareOf, stateWords } from "./progress";

const PREVIEW = {
  columns: ["time", "P [W]", "note"],
  time_column: "time",
  mapping: [{ column: "P [W]", key: "p", quantity: "power", unit: "W" }],
} as CsvPreview;

const wish = (change: Partial<Wish>): Wish => ({
  kind: "csv",
  serial: "haus-1",
  zone: "UTC",
  firstDate: "",
  timeColumn: "time",
  columns: columnsOf(PREVIEW),
  ...change,
});

describe("a table", () => {
  it("keeps the columns that were recognised, never that of the time", () => {
    expect(columnsOf(PREVIEW).map(({ column, keep }) => [column, keep])).toEqual([
      ["P [W]", true],
      ["note", false],
    ]);
  });

  it("goes to the server as it was said", () => {
    expect(faultOf(wish({}))).toBeNull();
    expect(optionsOf(wish({}))).toMatchObject({
      device: "haus-1",
      time_column: "time",
      columns: [{ column: "P [W]", key: "p", quantity: "power", unit: "W" }],
    });
  });

  it.each([
    [{ serial: "" }, /which device/],
    [{ serial: "no spaces" }, /serial/],
    [{ timeColumn: null }, /time/],
    [{ columns: [] }, /at least one/],
    [{ columns: columnsOf(PREVIEW).map((one) => ({ ...one, keep: true, key: "same" })) }, /same name/],
  ])("lacks something with %o", (change, fault) => expect(faultOf(wish(change))).toMatch(fault));
});

it("asks nothing of a database that names its devices itself", () => {
  const options = optionsOf(wish({ kind: "meter-sqlite", serial: "" }));
  expect(faultOf(wish({ kind: "meter-sqlite", serial: "" }))).toBeNull();
  expect(options).toEqual({ again: false, zone: "UTC" });
  expect(kindOf("energy.db")).toBe("meter-sqlite");
  expect(kindOf("2026.CSV")).toBe("csv");
});

const job = (change: Partial<ImportJob>): ImportJob =>
  ({
    state: "running",
    size: 200,
    received: 200,
    progress: 0.5,
    accepted: 1,
    rows: 2,
    duplicates: 0,
    ...change,
  }) as ImportJob;

it("says how far an import is", () => {
  expect(stateWords(job({}))).toBe("Importing: 50 %, 1 value so far");
  expect(shareOf(job({ state: "receiving", received: 50 }))).toBe(0.25);
  expect(stateWords(job({ state: "done", duplicates: 3 }))).toBe(
    "Done: 1 value from 2 rows, 3 were here already",
  );
  expect(stateWords(job({ state: "failed", error: "no time column" }))).toContain("no time column");
  expect(rejectionWords({ reason: "time", count: 3, lines: [4, 9] })).toBe(
    "3 rows: the time cannot be read (lines 4, 9 …)",
  );
});
