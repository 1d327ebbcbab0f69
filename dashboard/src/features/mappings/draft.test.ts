import { describe, expect, it } from "vitest";

import type { Unmatched } from "@/api/types";

import { bodyOf, draftOf, faultOf, pointerWords, serialFor } from "./draft";

const leaf = (pointer: string, value: number | string | boolean | null, quantity: string | null = null) => ({
  pointer,
  value,
  suggestion: { pointer, key: pointer.split("/").at(-1) ?? "", quantity, unit: null, decimals: null },
});

const MESSAGE: Unmatched = {
  source: "mqtt",
  name: "tele/plug7/SENSOR",
  count: 1,
  last_at: 0,
  payload: "",
  leaves: [leaf("/Time", "2026"), leaf("/ENERGY/Power", 3, "power"), leaf("/Uptime", 9), leaf("/On", true)],
};

describe("a mapping made from a message", () => {
  it("means the same message of every device and keeps what is understood", () => {
    const draft = draftOf(MESSAGE);
    expect(draft).toMatchObject({ filter: "tele/+/SENSOR", serial: "{level.1}" });
    expect(Object.keys(draft.fields)).toEqual(["/ENERGY/Power"]);
    expect(faultOf(draft, serialFor(draft.serial, MESSAGE))).toBeNull();
    expect(bodyOf(draft, MESSAGE)).toMatchObject({ source: "mqtt", enabled: true, time_pointer: null });
  });

  it("of a single level is the device itself", () => {
    expect(draftOf({ ...MESSAGE, name: "boiler" })).toMatchObject({ filter: "boiler", serial: "boiler" });
  });

  it.each([
    ["{level.1}", "plug7"],
    ["tasmota-{level.1}-{/Uptime}", "tasmota-plug7-9"],
    ["{level.9}", null],
    ["x-{/Missing}", null],
    ["{/On}", null],
    ["  ", null],
  ])("with the serial %o names the device %o", (template, serial) =>
    expect(serialFor(template, MESSAGE)).toBe(serial),
  );

  it("says what is wrong with it", () => {
    const draft = draftOf(MESSAGE);
    const power = { pointer: "/a", key: "power" };
    expect(faultOf({ ...draft, fields: {} }, "x")).toMatch(/at least one/);
    expect(faultOf({ ...draft, fields: { "/a": power, "/b": power } }, "x")).toMatch(/same name/);
    expect(faultOf({ ...draft, fields: { "/a": { ...power, key: " " } } }, "x")).toMatch(/needs a name/);
    expect(faultOf(draft, null)).toMatch(/serial/);
  });
});

it("reads pointers as a path", () => {
  expect(pointerWords("/ENERGY/Power")).toBe("ENERGY › Power");
  expect(pointerWords("/a~1b/m~0n")).toBe("a/b › m~n");
  expect(pointerWords("")).toBe("the value itself");
});
