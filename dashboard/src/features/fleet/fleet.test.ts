import { expect, it } from "vitest";

import type { Release } from "@/api/types";
import { aDevice } from "@/testing/builders";

import { fleetOf, versionsOf } from "./fleet";

const release = (id: string, version: string, more: Partial<Release> = {}) =>
  ({ id, version, kind: "bundle", boards: ["esp32"], channel: "stable", unusable: null, ...more }) as Release;
const node = (firmware: string | undefined, board = "esp32") =>
  aDevice({ details: { board, ...(firmware === undefined ? {} : { firmware }) } });

const RELEASES = [
  release("1", "1.9.0"),
  release("2", "1.10.0"),
  release("3", "1.8.1"),
  release("4", "2.0.0-rc.1", { channel: "beta" }),
  release("5", "3.0.0", { unusable: "the release was withdrawn" }),
  release("6", "4.0.0", { kind: "image" }),
];

it("measures against the newest stable release that the device could get, whichever came last", () => {
  const behind = (firmware: string | undefined, board?: string) =>
    fleetOf([node(firmware, board)], RELEASES)[0]?.behind;
  expect(behind("1.9.0")).toBe("1.10.0");
  expect(behind("1.10.0")).toBeNull();
  expect(behind("2.0.0-rc.1")).toBeNull();
  expect(behind(undefined)).toBeNull();
  expect(behind("1.0.0", "esp8266")).toBeNull();
});

it("counts versions, the newest first and the unknown last", () => {
  const members = fleetOf([node(undefined), node("1.9.0"), node("1.10.0"), node("1.9.0")], RELEASES);
  expect(versionsOf(members)).toEqual([
    { version: "1.10.0", count: 1, behind: 0 },
    { version: "1.9.0", count: 2, behind: 2 },
    { version: null, count: 1, behind: 0 },
  ]);
});

it("leaves out what cannot be updated and says nothing of itself", () => {
  expect(
    fleetOf([aDevice({ dialect: "current-logger" }), aDevice({ state: "unclaimed" })], RELEASES),
  ).toEqual([]);
});
