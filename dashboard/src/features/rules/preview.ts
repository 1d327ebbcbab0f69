/** What a rule would have done, in words and as marks. */

import type { Episode, RulePreview, Severity } from "@/api/types";
import { dateTime, duration } from "@/lib/time";

import type { Known } from "./draft";

const DAY = 86_400_000;

export const SPANS = [
  { value: String(DAY), label: "Last 24 hours", said: "the last 24 hours" },
  { value: String(7 * DAY), label: "Last 7 days", said: "the last 7 days" },
  { value: String(30 * DAY), label: "Last 30 days", said: "the last 30 days" },
  { value: String(90 * DAY), label: "Last 90 days", said: "the last 90 days" },
] as const;

const spanSaid = (spanMs: number) =>
  SPANS.find(({ value }) => value === String(spanMs))?.said ?? duration(spanMs);

/** "It would have fired 3 times in the last 7 days." */
export function firedWords({ fired, channels }: RulePreview, spanMs: number): string {
  const span = spanSaid(spanMs);
  if (channels === 0) return "It would watch nothing: no channel fits it yet.";
  if (fired === 0) return `It would not have fired in ${span}.`;
  return `It would have fired ${fired === 1 ? "once" : fired === 2 ? "twice" : `${fired} times`} in ${span}.`;
}

/** "21 Nov 2026, 14:03, for 7 min". */
export function episodeWords({ start, until }: Episode): string {
  return `${dateTime(start)}, ${until === null ? "still so" : `for ${duration(until - start)}`}`;
}

/** The same alert of a flickering value is one; the first of its times tells where and when. */
export function episodeMarks(episodes: readonly Episode[], channels: readonly string[], tone: Severity) {
  return episodes.flatMap((episode, number) => {
    // A combined condition is about no single channel; its times are shown on the first.
    const series = episode.channel_id ?? channels[0];
    return series === undefined || !channels.includes(series)
      ? []
      : [
          {
            id: String(number),
            series,
            at: episode.start,
            until: episode.until,
            tone,
            label: `Would have been true: ${episodeWords(episode)}`,
          },
        ];
  });
}

const MOST_DRAWN = 3;

/** Which channels to draw: those that are named, else those where it would have been true. */
export function drawnChannels(
  named: readonly string[],
  episodes: readonly Episode[],
  known: Known,
): string[] {
  const found =
    named.length > 0 ? named : episodes.flatMap(({ channel_id: id }) => (id === null ? [] : [id]));
  return [...new Set(found)].filter((id) => known.channel(id) !== undefined).slice(0, MOST_DRAWN);
}
