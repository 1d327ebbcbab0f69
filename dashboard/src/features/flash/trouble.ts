/** What went wrong with a board on a cable, and what to do about it, in plain words. Pure. */

/** The cable, not the chip. */
export class BoardLost extends Error {}

const BUSY =
  "The port does not open: another program or page holds it, such as a serial monitor, or you may not use it (on Linux, join the group “dialout”). Close the other one and connect again.";
const LOST =
  "The board is gone: the cable was pulled, or it is one that only charges. Plug it in and start again.";
const BOOT =
  "The board does not answer. Hold its BOOT button (on an ESP8266 often FLASH), press and let go of RESET, and connect again while you hold it.";

const BY_NAME: Readonly<Record<string, string>> = {
  NotFoundError:
    "No port was chosen. If yours is not in the list: is the board plugged in, and its driver installed?",
  SecurityError:
    "The browser does not let this page use serial ports. Its settings for this site can allow it.",
  NetworkError: BUSY,
  InvalidStateError: BUSY,
};

const BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [/device has been lost|disconnected/i, LOST],
  [
    /MD5 of file/i,
    "What is in the flash is not what was sent. Write it again; if that does not help, try a shorter cable.",
  ],
  [/failed to connect|wrong boot mode|download mode|no sync/i, BOOT],
  [
    /no serial data|stream stopped|head of packet|SLIP|invalid response|timed? ?out/i,
    "The board stopped answering. Try another cable or another USB port, and connect again.",
  ],
  [
    /flash chip/i,
    "The board's flash does not answer. Take off what is wired to its pins, and connect again.",
  ],
];

/** For people. What nobody has seen yet is told in its own words. */
export function troubleWords(error: unknown): string {
  if (error instanceof BoardLost) return LOST;
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  const told = BY_TEXT.find(([pattern]) => pattern.test(message))?.[1] ?? BY_NAME[name];
  return told ?? `It did not work: ${message}`;
}
