import { expect, it } from "vitest";

import { isPrivate, modulusIn } from "./keyFile";

const N = "ab".repeat(384);

it("finds the modulus in the file that the command writes, and bare", () => {
  expect(modulusIn(JSON.stringify({ keys: [{ id: "x", n: N.toUpperCase() }] }))).toBe(N);
  expect(modulusIn(` ${N}\n`)).toBe(N);
});

it("finds none in anything else", () => {
  for (const odd of [
    "",
    "{}",
    "[]",
    "null",
    '{"keys":[]}',
    '{"keys":[{"n":7}]}',
    N.slice(2),
    `{"keys":[{"n":"${N}zz"}]}`,
  ])
    expect(modulusIn(odd)).toBeNull();
});

it("tells a private key before it is sent anywhere", () => {
  expect(isPrivate("-----BEGIN PRIVATE KEY-----")).toBe(true);
  expect(isPrivate(N)).toBe(false);
});
