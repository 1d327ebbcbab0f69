import { expect, it } from "vitest";

import { actionWords, actorWords, matches } from "./words";

const entry = { id: "1", at: 0, actor: "anna", action: "device.rename", subject: "pz-41", detail: "Kitchen" };

it("reads actions as people would, also those it does not know", () => {
  expect(actionWords("device.rename")).toBe("renamed the device");
  expect(actionWords("rollout.pause")).toBe("paused rollout");
  expect(actionWords("comet.sight")).toBe("comet sight");
  expect(actorWords("token:Grafana")).toBe("The token “Grafana”");
  expect(actorWords("anna")).toBe("anna");
});

it("finds an entry by any of its words, in any order", () => {
  expect(matches(entry, "")).toBe(true);
  expect(matches(entry, "kitchen ANNA")).toBe(true);
  expect(matches(entry, "renamed pz")).toBe(true);
  expect(matches(entry, "anna deleted")).toBe(false);
});
