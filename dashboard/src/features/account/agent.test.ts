import { expect, it } from "vitest";

import { agentWords } from "./agent";

const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";

it.each([
  [CHROME, "Chrome on Linux"],
  [`${CHROME} Edg/140.0`, "Edge on Linux"],
  [CHROME.replace("X11; Linux x86_64", "Linux; Android 15; Pixel"), "Chrome on Android"],
  ["Mozilla/5.0 (Windows NT 10.0; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox on Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"],
  ["curl/8.5.0", "curl"],
  ["", "Unknown program"],
])("%s is %s", (agent, words) => expect(agentWords(agent)).toBe(words));
