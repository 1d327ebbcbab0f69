import { expect, it } from "vitest";

import type { Episode, RulePreview } from "@/api/types";
import { aChannel, aDevice } from "@/testing/builders";

import { knownOf } from "./draft";
import { drawnChannels, episodeMarks, episodeWords, firedWords } from "./preview";

const WEEK = 7 * 86_400_000;
const known = knownOf([aDevice({ channels: [aChannel({ id: "10" }), aChannel({ id: "11" })] })]);
const anEpisode = (given: Partial<Episode> = {}): Episode => ({
  start: 0,
  until: 420_000,
  channel_id: "10",
  device_id: "1",
  value: 2400,
  ...given,
});
const said = (fired: number, channels = 1) => firedWords({ fired, channels } as RulePreview, WEEK);

it("says how often it would have fired", () => {
  expect(said(0)).toBe("It would not have fired in the last 7 days.");
  expect(said(1)).toBe("It would have fired once in the last 7 days.");
  expect(said(3)).toBe("It would have fired 3 times in the last 7 days.");
  expect(said(0, 0)).toContain("watch nothing");
});

it("says how long each time was", () => {
  expect(episodeWords(anEpisode())).toMatch(/, for 7 min$/);
  expect(episodeWords(anEpisode({ until: null }))).toMatch(/, still so$/);
});

it("draws the channels that are named, else those where it happened, and no more than can be told apart", () => {
  expect(drawnChannels(["11", "gone"], [anEpisode()], known)).toEqual(["11"]);
  expect(drawnChannels([], [anEpisode(), anEpisode(), anEpisode({ channel_id: "11" })], known)).toEqual([
    "10",
    "11",
  ]);
});

it("marks each time on its channel, one of several conditions on the first", () => {
  const episodes = [anEpisode({ channel_id: "12" }), anEpisode(), anEpisode({ channel_id: null })];
  expect(episodeMarks(episodes, ["10", "11"], "critical")).toMatchObject([
    { id: "1", series: "10", at: 0, until: 420_000, tone: "critical" },
    { id: "2", series: "10" },
  ]);
});
