/** A board on a cable, as the page knows it. What speaks with a real one is in esptool.ts. */

export interface Chip {
  /** "ESP32-S3": what the header of an image names. */
  family: string;
  /** With package and revision. */
  description: string;
  mac: string;
  /** null: it did not tell. */
  flashBytes: number | null;
}

export interface Write {
  bytes: Uint8Array;
  address: number;
  /** Everything first. */
  erase: boolean;
  /** From 0 to 1. */
  onProgress: (share: number) => void;
}

export interface Board {
  chip: Chip;
  /** Resolves when what is in the flash was compared with what was sent. */
  write: (what: Write) => Promise<void>;
  /** Start what was written, and let go of the port. */
  restart: () => Promise<void>;
  /** Let go of the port. Never rejects. */
  close: () => Promise<void>;
}

/** Asks for a port, so it must be called by a click. Rejects with what `troubleWords` understands. */
export type OpenBoard = (log: (line: string) => void) => Promise<Board>;

export type Support = "ready" | "insecure" | "browser";

/** Whether this page, in this browser, may speak with a serial port. */
export const support = (page: { isSecureContext: boolean; navigator: object }): Support =>
  !page.isSecureContext ? "insecure" : "serial" in page.navigator ? "ready" : "browser";
