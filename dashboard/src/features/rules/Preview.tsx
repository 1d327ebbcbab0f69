import { Loader, NativeSelect, Stack, Text, useComputedColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { historyQuery } from "@/api/history";
import { rulePreviewQuery } from "@/api/rules";
import type { Episode, RuleBody, RulePreview } from "@/api/types";
import { LazyTimeChart } from "@/charts/LazyTimeChart";
import { seriesOf } from "@/charts/seriesOf";
import { useSpan } from "@/charts/useSpan";
import { channelLabel, readingOf } from "@/lib/channels";
import { type Fault, faultsOf } from "@/lib/faults";
import { dateTime } from "@/lib/time";

import type { Known } from "./draft";
import classes from "./Preview.module.css";
import { drawnChannels, episodeMarks, episodeWords, firedWords, SPANS } from "./preview";

const PAUSE_MS = 350;
const POINTS = 400;
const LISTED = 5;
const NO_FAULTS: readonly Fault[] = [];

export interface Asked {
  preview: RulePreview | undefined;
  /** What the server finds wrong with the rule as it is. */
  faults: readonly Fault[];
  busy: boolean;
  span: number;
  setSpan: (span: number) => void;
}

/** Asks, a moment after the last key, what the rule would have done; null while it is not whole. */
export function usePreview(body: RuleBody | null): Asked {
  const [span, setSpan] = useState(Number(SPANS[1].value));
  const [settled] = useDebouncedValue(body === null ? null : JSON.stringify(body), PAUSE_MS);
  const rule = settled === null ? null : (JSON.parse(settled) as RuleBody);
  const query = useQuery(rulePreviewQuery(rule, span));
  return {
    preview: query.data,
    faults: query.error === null || rule === null ? NO_FAULTS : faultsOf(query.error),
    busy: query.isFetching,
    span,
    setSpan,
  };
}

interface PreviewProps {
  asked: Asked;
  body: RuleBody | null;
  known: Known;
  /** What is missing for a whole rule. */
  missing: string | null;
}

/** The rule in a sentence, and what it would have done on past data. */
export function Preview({ asked: { preview, busy, span, setSpan }, body, known, missing }: PreviewProps) {
  return (
    <Stack gap="md">
      <p className={classes.sentence} aria-live="polite" data-stale={missing !== null}>
        {preview?.sentence ?? "The rule as a sentence appears here."}
      </p>
      {missing !== null && (
        <Text size="sm" c="dimmed">
          {missing}
        </Text>
      )}
      <div className={classes.head}>
        <p className={classes.fired} role="status">
          {preview === undefined || missing !== null ? "Preview on past data" : firedWords(preview, span)}
        </p>
        {busy && <Loader size="xs" aria-label="Looking at past data" />}
      </div>
      <NativeSelect
        aria-label="Look back"
        data={SPANS.map(({ value, label }) => ({ value, label }))}
        value={String(span)}
        onChange={(event) => setSpan(Number(event.currentTarget.value))}
      />
      {preview !== undefined && body !== null && <Past preview={preview} body={body} known={known} />}
    </Stack>
  );
}

const namedIn = ({ condition, scope }: RuleBody): string[] =>
  "parts" in condition
    ? condition.parts.map(({ channel_id: id }) => id)
    : scope?.channel_id == null
      ? []
      : [scope.channel_id];

function Past({ preview, body, known }: { preview: RulePreview; body: RuleBody; known: Known }) {
  const { episodes } = preview;
  const channels = drawnChannels(namedIn(body), episodes, known);
  const span = useSpan({ from: preview.start, to: preview.end });
  const scheme = useComputedColorScheme("light");
  const { data = [] } = useQuery({
    ...historyQuery(channels, span.from, span.to, POINTS),
    placeholderData: keepPreviousData,
  });
  const several = new Set(channels.map((id) => known.deviceOf(id)?.id)).size > 1;
  const series = data.flatMap((history) => {
    const channel = known.channel(history.channel);
    if (channel === undefined || !channels.includes(history.channel)) return [];
    const owner = several ? `${known.deviceOf(channel.id)?.name ?? ""} ` : "";
    return [seriesOf(channel, `${owner}${channelLabel(channel)}`, history)];
  });
  return (
    <>
      {preview.note !== "" && (
        <Text size="sm" c="dimmed">
          Note: {preview.note}.
        </Text>
      )}
      {series.length > 0 && (
        <LazyTimeChart
          series={series}
          marks={episodeMarks(episodes, channels, body.severity)}
          scheme={scheme}
          label={`Chart of ${series.map(({ label }) => label).join(", ")}, ${dateTime(span.from)} to ${dateTime(span.to)}, with the times the rule would have been true`}
          {...span}
        />
      )}
      {episodes.length > 0 && (
        <ul className={`plain-list ${classes.episodes ?? ""}`} aria-label="When it would have been true">
          {episodes
            .slice(-LISTED)
            .toReversed()
            .map((episode) => (
              <li key={`${episode.start} ${episode.channel_id} ${episode.device_id}`}>
                {episodeWords(episode)}
                {where(episode, known)}
              </li>
            ))}
          {episodes.length > LISTED && (
            <li>
              and {episodes.length - LISTED}
              {preview.truncated ? " or more" : ""} before
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function where({ channel_id: id, device_id: device, value }: Episode, known: Known): string {
  const channel = id === null ? undefined : known.channel(id);
  if (channel === undefined) {
    const name = known.devices.find((one) => one.id === device)?.name;
    return name === undefined ? "" : `, ${name}`;
  }
  const { text, unit } = readingOf(channel, value);
  const owner = known.deviceOf(channel.id)?.name ?? "";
  return `, ${owner} ${channelLabel(channel).toLowerCase()}${value === null ? "" : ` ${text} ${unit}`}`.trimEnd();
}
