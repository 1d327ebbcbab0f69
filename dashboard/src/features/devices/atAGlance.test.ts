import { expect, it } from "vitest";

import { aDevice, anOutput } from "@/testing/builders";

import { areOn, comparison, hourOf, named, powerNow } from "./atAGlance";

const share = (device: string, given = {}) => ({
  device,
  power: `${device}0`,
  counted: true,
  today: 1,
  yesterday: 1,
  ...given,
});

it("adds up the power of counted devices that are there", () => {
  const devices = [aDevice({ id: "1" }), aDevice({ id: "2" }), aDevice({ id: "3", online: false })];
  const shares = [share("1"), share("2", { counted: false }), share("3"), share("4", { power: null })];
  const values = { "10": [0, 400], "20": [0, 300], "30": [0, 90] } as const;
  expect(powerNow(shares, devices, values)).toEqual({ watts: 400, silent: 1 });
  expect(powerNow([share("3")], devices, values)).toEqual({ watts: null, silent: 1 });
});

it("compares only what can be compared", () => {
  expect(comparison(10.8, 10)).toBe("8 % more than");
  expect(comparison(9, 10)).toBe("10 % less than");
  expect(comparison(10.1, 10)).toBe("as much as");
  expect(comparison(25, 10)).toBe("2.5 times");
  expect(comparison(1, null)).toBeNull();
  expect(comparison(null, 1)).toBeNull();
  expect(comparison(1, 0.001)).toBeNull();
});

it("knows the hour of the site, not of the browser", () => {
  expect(hourOf(Date.UTC(2026, 6, 1, 22, 30), "Europe/Budapest")).toBe(0);
  expect(hourOf(Date.UTC(2026, 6, 1, 22, 30), "UTC")).toBe(22);
});

it("names what is on", () => {
  const outputs = [anOutput({ desired: "on" }), anOutput({ desired: null, reported: 40 }), anOutput()];
  expect(areOn(outputs)).toHaveLength(2);
  expect(named(["Kettle", "Porch"])).toBe("Kettle, Porch");
  expect(named(["Kettle", "Porch", "Hall", "Barn"])).toBe("Kettle, Porch and 2 more");
});
