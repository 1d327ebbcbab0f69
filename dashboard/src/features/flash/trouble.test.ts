import { expect, it } from "vitest";

import { BoardLost, troubleWords } from "./trouble";

const dom = (name: string, message: string) => Object.assign(new Error(message), { name });

// Names and texts as Chromium and esptool-js give them.
it.each([
  [dom("NotFoundError", "No port selected by the user."), /No port was chosen/],
  [dom("SecurityError", "Access to the feature is disallowed"), /does not let this page/],
  [dom("NetworkError", "Failed to open serial port."), /another program or page holds it/],
  [dom("InvalidStateError", "The port is already open."), /another program or page holds it/],
  [dom("NetworkError", "The device has been lost."), /cable was pulled/],
  [new BoardLost(), /cable was pulled/],
  [new Error("Failed to connect with the device"), /Hold its BOOT button/],
  [
    new Error("Wrong boot mode detected (0x13).\n This chip needs to be in download mode."),
    /Hold its BOOT button/,
  ],
  [new Error("Serial data stream stopped: Possible serial noise or corruption."), /stopped answering/],
  [new Error("MD5 of file does not match data in flash!"), /not what was sent/],
  [new Error("Unable to verify flash chip connection"), /flash does not answer/],
  [new Error("something new"), /^It did not work: something new$/],
  ["a string", /^It did not work: a string$/],
])("%s", (error, words) => {
  expect(troubleWords(error)).toMatch(words);
});
