import { describe, expect, it } from "vitest";

import { argumentOf, argumentsOf, faultOf, valueOf } from "./args";
import { fieldsOf, nameOf, valueWords } from "./shadow";

describe("what a device said of an argument", () => {
  it.each([
    ["number?", { kind: "number", optional: true }],
    ["int", { kind: "integer", optional: false }],
    [["slow", "fast"], { kind: "choice", values: ["slow", "fast"] }],
    [
      { type: "number", min: 5, max: 100 },
      { kind: "number", min: 5, max: 100 },
    ],
    [{ min: 0 }, { kind: "number", min: 0 }],
    [
      { type: "text", default: "x" },
      { kind: "text", optional: true },
    ],
    [{ enum: [1, 2] }, { kind: "choice", values: [1, 2] }],
    ["colour", { kind: "any" }],
    [null, { kind: "any" }],
    [7, { kind: "any" }],
  ])("%j", (raw, wanted) => {
    expect(argumentOf("a", raw)).toMatchObject(wanted);
  });

  it("takes nothing where nothing was described", () => {
    expect(argumentsOf(null)).toEqual([]);
  });
});

describe("what somebody typed", () => {
  const seconds = argumentOf("seconds", { type: "integer", min: 1, max: 60 });

  it("is checked before it is sent", () => {
    expect(faultOf(seconds, "")).toBe("seconds is missing.");
    expect(faultOf(seconds, "x")).toBe("seconds is a number.");
    expect(faultOf(seconds, "1.5")).toBe("seconds is a whole number.");
    expect(faultOf(seconds, "0")).toBe("seconds is at least 1.");
    expect(faultOf(seconds, "61")).toBe("seconds is at most 60.");
    expect(faultOf(seconds, "60")).toBeNull();
    expect(faultOf(argumentOf("a", "number?"), "")).toBeNull();
  });

  it("becomes what the device understands", () => {
    expect(valueOf(seconds, "3")).toBe(3);
    expect(valueOf(argumentOf("a", "boolean"), "false")).toBe(false);
    expect(valueOf(argumentOf("a", [true, 3]), "1")).toBe(3);
    expect(valueOf(argumentOf("a", "text"), "12")).toBe("12");
    expect(valueOf(argumentOf("a", "colour"), '{"r":1}')).toEqual({ r: 1 });
    expect(valueOf(argumentOf("a", "colour"), "red")).toBe("red");
    expect(valueOf(argumentOf("a", "text?"), "")).toBeUndefined();
  });
});

it("puts what differs first", () => {
  const wish = { value: "on", version: 1, at: 0, author: "ada", reason: "" };
  const shadow = {
    desired: { a: wish, z: wish },
    reported: { a: { value: "on", at: 0 }, ip: { value: "10.0.0.1", at: 0 } },
    delta: { z: "on" },
  };
  expect(fieldsOf(shadow).map(({ key, settled }) => [key, settled])).toEqual([
    ["z", false],
    ["a", true],
    ["ip", true],
  ]);
  expect(valueWords({ deep: [1] })).toBe('{"deep":[1]}');
  expect(valueWords("x".repeat(300))).toHaveLength(162);
});

it("calls a field by its output", () => {
  const outputs = [
    { id: "4", key: "relay", name: "Kettle" },
    { id: "5", key: "Porch light", name: "Porch" },
  ];
  expect(nameOf("relay", outputs)).toBe("Kettle");
  expect(nameOf("light-5", outputs)).toBe("Porch");
  expect(nameOf("ip", outputs)).toBeNull();
});
