import { describe, expect, it } from "vitest";

import { ForceTrace, Playhead } from "./trace";

const MS = 1_000;

describe("the moment that is shown", () => {
  it("is as late as a burst is long, so that the trace never runs ahead of what came", () => {
    const head = new Playhead();
    expect(head.at(0)).toBeNull();
    head.arrived(0, 100 * MS); // 100 ms of samples at once
    head.arrived(100 * MS, 200 * MS);
    expect(head.at(200 * MS)).toBe(100 * MS);
    expect(head.at(250 * MS)).toBe(150 * MS);
  });

  it("waits longer after a hiccup, and comes back slowly", () => {
    const head = new Playhead();
    head.arrived(0, 100 * MS);
    head.arrived(100 * MS, 900 * MS);
    expect(head.at(900 * MS)).toBe(100 * MS);
    for (let second = 1; second <= 60; second++)
      head.arrived(900 * MS + second * 1e6, 1_000 * MS + second * 1e6);
    const late = 61_000 * MS - (head.at(61_000 * MS) ?? 0);
    expect(late).toBeGreaterThan(100 * MS);
    expect(late).toBeLessThan(200 * MS);
  });
});

describe("a trace of two sides", () => {
  it("adds them up at each instant", () => {
    const trace = new ForceTrace(["1", "2"]);
    trace.take({ t0_us: 0, dt_us: [0, 1], v: { "1": [10, 11], "2": [20, 22] } }, 5);
    expect([trace.total.length, trace.total.value(0), trace.total.value(1)]).toEqual([2, 30, 33]);
    expect(trace.heardAt).toBe(5);
  });

  it("has no total while a side is silent, and takes the newest of a second device", () => {
    const trace = new ForceTrace(["1", "2"]);
    trace.take({ t0_us: 0, dt_us: [0], v: { "1": [10] } }, 1);
    expect(trace.total.length).toBe(0);
    trace.take({ t0_us: 1, dt_us: [0], v: { "2": [20] } }, 2);
    trace.take({ t0_us: 2, dt_us: [0], v: { "1": [12] } }, 3);
    expect(trace.total.value(trace.total.length - 1)).toBe(32);
  });

  it("ignores channels that nobody asked for, and empty frames", () => {
    const trace = new ForceTrace(["1"]);
    trace.take({ t0_us: 0, dt_us: [], v: {} }, 1);
    expect(trace.heardAt).toBeNull();
    trace.take({ t0_us: 0, dt_us: [0], v: { "1": [1], "9": [9] } }, 2);
    expect(trace.ring("9")).toBeUndefined();
    expect(trace.total.value(0)).toBe(1);
  });
});
