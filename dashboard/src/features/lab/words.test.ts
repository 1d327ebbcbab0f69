import { describe, expect, it } from "vitest";

import { calibrationWords, isBare, samplingWords } from "./words";

const sampling = {
  connected: true,
  streaming: true,
  nominal_hz: 1000,
  jitter_us: 120,
  gaps: 0,
  longest_gap_ms: null,
  drift_ppm: 21.4,
  seen_s: 10,
};

describe("how a device samples", () => {
  it("is told in one line", () => {
    expect(samplingWords(sampling)).toBe("1,000 samples/s, jitter 0.12 ms, clock drift 21 ppm, no gaps.");
  });

  it("names gaps with the longest", () => {
    expect(samplingWords({ ...sampling, gaps: 3, longest_gap_ms: 102 })).toContain(
      "3 gaps in 10 s, the longest 102 ms",
    );
  });

  it("is not made up where nothing came", () => {
    expect(samplingWords({ ...sampling, nominal_hz: null, streaming: false })).toContain("Connected");
    expect(samplingWords({ ...sampling, connected: false })).toBe("Not connected.");
  });
});

it("asks nobody to calibrate what is in newtons already", () => {
  const left = { id: "1", key: "left", unit: "N", calibration_id: null };
  const channels = [left, { ...left, id: "2", key: "right" }];
  expect(isBare({ channels })).toBe(false);
  expect(calibrationWords({ channels })).toBe("It measures newtons itself: left, right.");
});

it("says which side still has to be calibrated", () => {
  const left = { id: "1", key: "left", unit: "counts", calibration_id: "4" };
  expect(calibrationWords({ channels: [left, { ...left, key: "right", calibration_id: null }] })).toContain(
    "Not calibrated: right",
  );
});
