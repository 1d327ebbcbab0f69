import type { Alert, Command, Device, LogLine, Output } from "../types";

/** Newest value of a channel: [instant in ms, value]. */
export type Value = readonly [t: number, value: number];
export type Values = Readonly<Record<string, Value>>;

/** What is said of a device or an output that is no more. */
export interface Deleted {
  id: string;
  deleted: true;
}

export type Frame =
  | { type: "snapshot"; at: number; devices: Device[]; values: Values }
  | { type: "changes"; at: number; values: Values }
  | { type: "device"; device: Device | Deleted }
  | { type: "output"; output: Output | Deleted }
  | { type: "command"; command: Command }
  /** The shadow of a device is another one. */
  | { type: "shadow"; device_id: string }
  | { type: "log"; device_id: string; lines: LogLine[] }
  /** An alert is new, or another one than before. */
  | { type: "alert"; alert: Alert }
  | { type: "ping" };

const KNOWN = new Set([
  "snapshot",
  "changes",
  "device",
  "output",
  "command",
  "shadow",
  "log",
  "alert",
  "ping",
]);

/** The frame in `text`, or null when it is none that this dashboard knows; a newer server may send more. */
export function parseFrame(text: string): Frame | null {
  try {
    const frame = JSON.parse(text) as { type?: unknown } | null;
    return typeof frame?.type === "string" && KNOWN.has(frame.type) ? (frame as Frame) : null;
  } catch {
    return null;
  }
}
