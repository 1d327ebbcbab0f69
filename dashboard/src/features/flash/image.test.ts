import { describe, expect, it } from "vitest";

import { FILE_SYSTEMS, misfit, recognise } from "./image";

function file(size: number, pieces: Readonly<Record<number, readonly number[]>>): Uint8Array {
  const bytes = new Uint8Array(size).fill(0xff);
  for (const [at, piece] of Object.entries(pieces)) bytes.set(piece, Number(at));
  return bytes;
}

/** The header of an ESP32 or of one of its kin. */
const header = (chip: number) => [
  0xe9,
  3,
  2,
  0x20,
  0,
  0,
  8,
  0x40,
  0xee,
  0,
  0,
  0,
  chip,
  0,
  ...new Array<number>(10).fill(0),
];
const OF_ESP8266 = [0xe9, 1, 2, 0x40, 0, 0, 0x10, 0x40, 0, 0, 0x10, 0x40, ...new Array<number>(12).fill(0)];
const TABLE = [0xaa, 0x50, 1, 2];
const DESCRIBED = [0x32, 0x54, 0xcd, 0xab];
const text = (words: string) => [...new TextEncoder().encode(words)];
const littlefs = (size: number) => file(size, { 8: text("littlefs") });

describe("what a file is", () => {
  it.each([
    ["a whole ESP32", file(0x9000, { 0x1000: header(0), 0x8000: TABLE }), "whole", "ESP32", 0],
    ["a whole ESP32-S3", file(0x9000, { 0: header(9), 0x8000: TABLE }), "whole", "ESP32-S3", 0],
    ["a whole ESP8266", file(0x9000, { 0: OF_ESP8266 }), "whole", "ESP8266", 0],
    ["an application", file(0x200, { 0: header(0), 0x20: DESCRIBED }), "application", "ESP32", 0x10000],
    [
      "an application that does not describe itself",
      file(0x9000, { 0: header(5) }),
      "application",
      "ESP32-C3",
      0x10000,
    ],
    ["a chip that nobody knows", file(0x9000, { 0: header(77), 0x8000: TABLE }), "whole", null, 0],
    ["files of an ESP32", littlefs(720896), "filesystem", "ESP32", 3211264],
  ] as const)("%s", (_, bytes, what, family, address) => {
    expect(recognise(bytes)).toEqual({ what, family, address });
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["a magic byte alone", Uint8Array.of(0xe9)],
    ["a header that is cut", Uint8Array.from(header(0).slice(0, 20))],
    ["a boot loader alone", file(0x6000, { 0: header(0) })],
    ["a table without a boot loader", file(0x9000, { 0x8000: TABLE })],
    ["text", Uint8Array.from(text("PK\u0003\u0004 and so on".repeat(3000)))],
    ["a file system of another board", littlefs(720896 + 4096)],
  ])("not %s", (_, bytes) => {
    expect(recognise(bytes)).toBeNull();
  });
});

const BOARDS = import.meta.glob<{ filesystem: { offset: number; bytes: number } }>(
  "../../../../firmware/boards/*.json",
  { eager: true, import: "default" },
);

it.each([
  ["esp32", "ESP32"],
  ["esp32s3", "ESP32-S3"],
  ["esp8266", "ESP8266"],
])("knows the file system that is built for an %s", (board, family) => {
  const { filesystem } = BOARDS[`../../../../firmware/boards/${board}.json`] ?? {
    filesystem: { offset: 0, bytes: 0 },
  };
  expect(FILE_SYSTEMS[filesystem.bytes]).toEqual({ family, address: filesystem.offset });
});

describe("a board that a file is not for", () => {
  const whole = { what: "whole", family: "ESP32", address: 0 } as const;
  const board = { family: "ESP32", flashBytes: 4 << 20 };
  it("is named", () => {
    expect(misfit(whole, 100, { ...board, family: "ESP32-S3" })).toBe(
      "The file is for ESP32, and this board is an ESP32-S3: it would not start.",
    );
  });
  it("has too little flash", () => {
    expect(misfit(whole, (4 << 20) + 1, board)).toMatch(/does not fit: it ends at 0x400001/);
    expect(misfit(whole, 4 << 20, board)).toBeNull();
    expect(misfit({ ...whole, address: 4 }, 4 << 20, board)).not.toBeNull();
  });
  it("is not told apart where one of the two does not say it", () => {
    expect(misfit({ ...whole, family: null }, 100, { ...board, flashBytes: null })).toBeNull();
  });
});
