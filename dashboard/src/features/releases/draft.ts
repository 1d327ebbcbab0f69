/** A release that somebody is about to bring, and whether it makes sense. Pure. */

import type { Release } from "@/api/types";

export interface Draft {
  kind: Release["kind"];
  channel: Release["channel"];
  notes: string;
  boards: string;
  version: string;
}

export const EMPTY: Draft = { kind: "bundle", channel: "stable", notes: "", boards: "", version: "" };
const MOST_BYTES = 8 * 1024 * 1024;

/** Images are `.bin`; everything else is looked at as a bundle. */
export const kindOfFile = (name: string): Release["kind"] => (/\.bin$/i.test(name) ? "image" : "bundle");

// What a device of system 004 writes where (docs/how-to/updates.md).
const PARTS: Readonly<Record<string, string>> = {
  "spiffs.bin": "the file system",
  "bootloader.bin": "the boot loader",
  "partitions.bin": "the partition table",
};

/** What of a device an image replaces, by the name of its file. */
export const partOf = (name: string): string => PARTS[name.toLowerCase()] ?? "the application";

/** What is wrong with it, in words; null when nothing is. */
export function faultOf(draft: Draft, size: number, mayBringImages: boolean): string | null {
  if (size === 0) return "The file is empty.";
  if (size > MOST_BYTES) return "The file is larger than 8 MB.";
  if (draft.kind === "bundle") return null;
  if (!mayBringImages) return "Nobody signed a vendor's image, so only an admin may bring one.";
  if (draft.boards.trim() === "") return "Say which boards it is for.";
  return draft.version.trim() === "" ? "Say which version it is." : null;
}
