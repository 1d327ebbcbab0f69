/** Boards over Web Serial, by esptool-js, which is fetched when somebody connects one. */

import type { ESPLoader, FlashSizeValues, Transport } from "esptool-js";

import type { Board, OpenBoard, Write } from "./board";
import { md5 } from "./md5";
import { BoardLost } from "./trouble";

const BAUD = 460_800;
const RELEASE_MS = 2_000;

// What TypeScript's library does not know yet, as far as it is used here.
interface Serial {
  requestPort: () => Promise<EventTarget>;
}

/** A port whose board is gone may never let go; nobody waits for it. */
const released = (transport: Transport): Promise<void> =>
  Promise.race([
    transport.disconnect().catch(() => undefined),
    new Promise<void>((resolve) => setTimeout(resolve, RELEASE_MS)),
  ]);

/** Resolves as `work` does; rejects as soon as the cable is pulled, where `work` might wait for long. */
async function whileThere<T>(port: EventTarget, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const lost = new Promise<never>((_, reject) =>
    port.addEventListener("disconnect", () => reject(new BoardLost()), { signal: ended.signal }),
  );
  try {
    return await Promise.race([work(), lost]);
  } finally {
    ended.abort();
  }
}

async function flashBytes(loader: ESPLoader): Promise<number | null> {
  const size = await loader.detectFlashSize();
  const bytes = size === undefined ? -1 : loader.flashSizeBytes(size as FlashSizeValues);
  return bytes > 0 ? bytes : null;
}

async function write(loader: ESPLoader, { bytes, address, erase, onProgress }: Write): Promise<void> {
  if (erase && !loader.IS_STUB) throw new Error("this chip is locked and cannot be erased over its cable");
  await loader.writeFlash({
    fileArray: [{ data: bytes, address }],
    flashMode: "keep",
    flashFreq: "keep",
    flashSize: "keep",
    eraseAll: erase,
    compress: true,
    reportProgress: (_, written, total) => onProgress(total === 0 ? 0 : written / total),
    calculateMD5Hash: md5,
  });
}

export const openBoard: OpenBoard = async (log) => {
  const { serial } = navigator as unknown as { serial: Serial };
  // First of all: a browser shows its list only shortly after a click.
  const port = await serial.requestPort();
  const { ESPLoader, Transport } = await import("esptool-js");
  const transport = new Transport(port);
  const terminal = { clean: () => undefined, write: log, writeLine: log };
  const loader = new ESPLoader({ transport, baudrate: BAUD, terminal });
  const close = () => released(transport);
  try {
    return await whileThere(port, async (): Promise<Board> => {
      const description = await loader.main();
      const chip = {
        family: loader.chip.CHIP_NAME,
        description,
        mac: loader.secureDownloadMode ? "not told" : await loader.chip.readMac(loader),
        flashBytes: loader.secureDownloadMode ? null : await flashBytes(loader),
      };
      return {
        chip,
        close,
        write: (what) => whileThere(port, () => write(loader, what)),
        restart: async () => {
          await whileThere(port, () => loader.after("hard_reset"));
          await close();
        },
      };
    });
  } catch (error) {
    await close();
    throw error;
  }
};
