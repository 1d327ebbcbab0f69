import { describe, expect, it } from "vitest";

import { aChannel } from "@/testing/builders";

import { byImportance, humanise, readingOf } from "./channels";

describe("channels of a device", () => {
  it("come with power first and unknown quantities last, equals in their order", () => {
    const channels = ["signal", "voltage", "left", "right", "power"].map((key) =>
      aChannel({ key, quantity: key === "left" || key === "right" ? "force" : key }),
    );
    expect(byImportance(channels).map(({ key }) => key)).toEqual([
      "power",
      "left",
      "right",
      "voltage",
      "signal",
    ]);
  });

  it("are called in words", () => {
    expect(humanise("apparent_power")).toBe("Apparent power");
    expect(humanise("l1.current")).toBe("L1 current");
    expect(humanise("_")).toBe("_");
  });

  it("show a switch in words, a missing value as a dash, and zero as a value", () => {
    const lamp = aChannel({ quantity: "switch", unit: "", kind: "state", decimals: 0 });
    expect(readingOf(lamp, 1).text).toBe("On");
    expect(readingOf(lamp, 0).text).toBe("Off");
    expect(readingOf(aChannel(), null)).toEqual({ text: "–", unit: "" });
    expect(readingOf(aChannel(), 0)).toEqual({ text: "0.0", unit: "W" });
  });
});
