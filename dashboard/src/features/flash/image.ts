/** What a file is that somebody wants on a board, by its own bytes. Pure. */

/** As esptool calls a chip. */
export type Family = "ESP8266" | "ESP32" | "ESP32-S2" | "ESP32-S3" | "ESP32-C2" | "ESP32-C3" | "ESP32-C6";

export interface Image {
  what: "whole" | "application" | "filesystem";
  /** null: it does not say which chip it is for. */
  family: Family | null;
  /** Where in the flash it belongs. */
  address: number;
}

const MAGIC = 0xe9;
const ESP32_LOADER_AT = 0x1000;
const TABLE_AT = 0x8000;
const APPLICATION_AT = 0x10000;
const DESCRIBED_AT = 0x20;
const DESCRIBED = [0x32, 0x54, 0xcd, 0xab];
const FAMILIES: Readonly<Record<number, Family>> = {
  0: "ESP32",
  2: "ESP32-S2",
  5: "ESP32-C3",
  9: "ESP32-S3",
  12: "ESP32-C2",
  13: "ESP32-C6",
};

/** The file systems of our own builds fill their region; a test holds this against firmware/boards. */
export const FILE_SYSTEMS: Readonly<Record<number, { family: Family; address: number }>> = {
  720896: { family: "ESP32", address: 3211264 },
  2162688: { family: "ESP32-S3", address: 5701632 },
  3121152: { family: "ESP8266", address: 1052672 },
};

const has = (bytes: Uint8Array, at: number, wanted: readonly number[]): boolean =>
  wanted.every((byte, n) => bytes[at + n] === byte);

const LITTLEFS = [...new TextEncoder().encode("littlefs")];

/** The chip of the header at `at`: undefined where there is none, null where the chip is unknown. */
function familyAt(bytes: Uint8Array, at: number): Family | null | undefined {
  if (bytes[at] !== MAGIC || bytes.length < at + 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 24);
  // The short header of the ESP8266 is followed by a segment at once, and its memory begins at 0x4010_0000.
  const segment = view.getUint32(8, true);
  if (segment >= 0x40100000 && segment < 0x40110000) return "ESP8266";
  return FAMILIES[view.getUint16(12, true)] ?? null;
}

/** null: nothing that a board could start or read. */
export function recognise(bytes: Uint8Array): Image | null {
  const fileSystem = FILE_SYSTEMS[bytes.length];
  if (fileSystem !== undefined && has(bytes, 8, LITTLEFS)) return { what: "filesystem", ...fileSystem };

  const first = familyAt(bytes, 0);
  if (first === "ESP8266") return { what: "whole", family: first, address: 0 };
  if (has(bytes, TABLE_AT, [0xaa, 0x50])) {
    const family = first === undefined ? familyAt(bytes, ESP32_LOADER_AT) : first;
    return family === undefined ? null : { what: "whole", family, address: 0 };
  }
  if (first !== undefined && (has(bytes, DESCRIBED_AT, DESCRIBED) || bytes.length > TABLE_AT))
    return { what: "application", family: first, address: APPLICATION_AT };
  return null;
}

const WORDS: Readonly<Record<Image["what"], string>> = {
  whole: "everything for a blank board",
  application: "an application alone, for a board that has its boot loader already",
  filesystem: "the files of a board: application and configuration",
};

export const imageWords = ({ what }: Image): string => WORDS[what];

/** Why this file must not go onto that chip; null when it may. */
export function misfit(image: Image, size: number, chip: { family: string; flashBytes: number | null }) {
  if (image.family !== null && image.family !== chip.family)
    return `The file is for ${image.family}, and this board is an ${chip.family}: it would not start.`;
  if (chip.flashBytes !== null && image.address + size > chip.flashBytes)
    return `The file does not fit: it ends at ${hex(image.address + size)}, and the board's flash at ${hex(chip.flashBytes)}.`;
  return null;
}

export const hex = (address: number): string => `0x${address.toString(16)}`;
