import { describe, expect, it } from "vitest";

import type { ForceDevice, Trial } from "@/api/lab";

import { devicesOf, obstacles, openTrial, storageTroubles } from "./watch";

const rig = (given: Partial<ForceDevice> = {}): ForceDevice =>
  ({
    name: "Rig",
    connected: true,
    channels: [
      { id: "1", key: "left", unit: "counts", calibration_id: "4" },
      { id: "2", key: "right", unit: "counts", calibration_id: "5" },
    ],
    ...given,
  }) as ForceDevice;
const texts = (...given: Parameters<typeof obstacles>) => obstacles(...given).map(({ text }) => text);

describe("what stands in the way", () => {
  it("is nothing while samples come", () => {
    expect(texts([rig()], ["1", "2"], 0, "live")).toEqual([]);
    expect(texts([rig()], ["1", "2"], null, "connecting")).toEqual([]);
  });

  it("is a device that is lost, by its name, and said once", () => {
    const found = texts([rig({ connected: false })], ["1", "2"], 9_000, "live");
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("Rig is not connected");
  });

  it("is silence of a device that is there", () => {
    expect(texts([rig()], ["1", "2"], 4_000, "live")[0]).toContain("Nothing came for 4 s");
  });

  it("is a lost view, which is no lost recording", () => {
    expect(texts([rig()], ["1", "2"], 4_000, "lost")[0]).toContain("still recorded");
  });

  it("is a side without calibration, of this session only", () => {
    const half = rig({
      channels: [{ id: "2", key: "right", unit: "counts", calibration_id: null }],
    });
    expect(texts([half], ["2"], 0, "live")[0]).toContain("right is not calibrated");
    expect(devicesOf({ channels: ["7"] }, [half])).toEqual([]);
  });
});

describe("a disk that takes nothing", () => {
  const full = {
    kind: "storage",
    start: 1_000,
    end: null,
    channel_id: null,
    device_id: null,
    detail: "the disk is full",
  };

  it("is said while it lasts, with what to do", () => {
    const [found, ...more] = storageTroubles({ missing: [full] });
    expect(more).toEqual([]);
    expect(found?.level).toBe("error");
    expect(found?.text).toContain(
      "Nothing can be stored at the moment: the disk is full. Make room on the server.",
    );
  });

  it("is said to be over, and for how long it was", () => {
    const [found] = storageTroubles({ missing: [{ ...full, end: 3_500 }] });
    expect(found?.level).toBe("warning");
    expect(found?.text).toContain("For 2.5 s nothing could be stored: the disk is full. Now it can be again");
  });

  it("is not what other things are missing for", () => {
    const lost = { ...full, end: 1_000, detail: "12 samples could not be stored" };
    expect(storageTroubles({ missing: [lost, { ...full, kind: "link" }] })).toEqual([]);
    expect(storageTroubles(undefined)).toEqual([]);
  });
});

it("finds the trial that somebody runs", () => {
  const trials = [
    { id: "1", state: "done" },
    { id: "2", state: "armed" },
  ] as Trial[];
  expect(openTrial(trials)?.id).toBe("2");
  expect(openTrial(trials.slice(0, 1))).toBeUndefined();
  expect(openTrial(trials, "2")).toBeUndefined(); // it was ended here; the list is older
});
