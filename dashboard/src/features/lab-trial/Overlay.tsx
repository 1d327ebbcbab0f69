import { Checkbox, Group, NativeSelect, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { type RecordingDetail, recordingQuery, recordingsQuery, type Trial, trialDataQuery } from "@/api/lab";
import { LazyForceChart } from "@/charts/force/LazyForceChart";
import type { ForceLine } from "@/charts/force/line";
import { dateTime } from "@/lib/time";
import { Section } from "@/ui/Section";
import { useScheme } from "@/ui/useScheme";

import { onsetOf, totalOf } from "./lines";

const SESSIONS = 100;
const MOST = 6; // lines that can be told apart
const VIEW = { from: -500, to: 3_000 };

interface OverlayProps {
  recording: RecordingDetail;
  trial: Trial;
}

interface Laid {
  trial: Trial;
  label: string;
}

/** Trials of this and of other sessions over each other, each from its own onset. */
export function Overlay({ recording, trial }: OverlayProps) {
  const scheme = useScheme();
  const [other, setOther] = useState("");
  const [span, setSpan] = useState(VIEW);
  const [chosen, setChosen] = useState<readonly Laid[]>([]);
  const subject = recording.subject_id ?? "";
  const sessions = useQuery({
    ...recordingsQuery({ subject, kind: recording.kind }, SESSIONS),
    enabled: subject !== "",
  });
  const second = useQuery({ ...recordingQuery(other), enabled: other !== "" });
  const usable = (trials: readonly Trial[]) =>
    trials.filter(({ state, result }) => state === "done" && onsetOf(result) !== null);
  const laid = [{ trial, label: `Trial ${trial.number}` }, ...chosen];
  const found = useQueries({ queries: laid.map((one) => trialDataQuery(one.trial.id, 4_000)) });
  const lines: ForceLine[] = laid.flatMap((one, index) => {
    const data = found[index]?.data;
    const onset = onsetOf(one.trial.result);
    const line = data === undefined || onset === null ? null : totalOf(data, onset);
    return line === null ? [] : [{ ...line, id: one.trial.id, label: one.label }];
  });
  const key = lines.map(({ id, t }) => `${id}:${t.length}`).join();
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const stable = useMemo(() => lines, [key]);
  if (onsetOf(trial.result) === null) return null;
  const others = (sessions.data?.items ?? []).filter(({ id }) => id !== recording.id);
  const toggle = (one: Laid) =>
    setChosen((known) =>
      known.some(({ trial: { id } }) => id === one.trial.id)
        ? known.filter(({ trial: { id } }) => id !== one.trial.id)
        : [...known, one],
    );
  const boxes = (trials: readonly Trial[], name: string) =>
    usable(trials)
      .filter(({ id }) => id !== trial.id)
      .map((one) => {
        const checked = chosen.some(({ trial: { id } }) => id === one.id);
        const label = name === "" ? `Trial ${one.number}` : `${name}, trial ${one.number}`;
        return (
          <Checkbox
            key={one.id}
            label={`${label}${one.accepted === false ? " (rejected)" : ""}`}
            checked={checked}
            disabled={!checked && laid.length >= MOST}
            onChange={() => toggle({ trial: one, label })}
          />
        );
      });
  const own = boxes(recording.trial_list, "");
  const theirs = second.data === undefined ? [] : boxes(second.data.trial_list, second.data.name);
  return (
    <Section title="Compare" hint="The total of each trial from its own onset on; 0 is the onset.">
      <Stack gap="md">
        <Group align="end">
          {others.length > 0 && (
            <NativeSelect
              label="Another session of this athlete"
              value={other}
              onChange={(event) => setOther(event.currentTarget.value)}
              data={[
                { value: "", label: "None" },
                ...others.map(({ id, name, started_at: at }) => ({
                  value: id,
                  label: `${name}, ${dateTime(at)}`,
                })),
              ]}
            />
          )}
        </Group>
        {own.length + theirs.length > 0 ? (
          <SimpleGrid cols={{ base: 1, xs: 2, sm: 3, md: 4 }} spacing="xs">
            {own}
            {theirs}
          </SimpleGrid>
        ) : (
          <Text size="sm" c="dimmed">
            There is no other trial with an onset to lay over this one yet.
          </Text>
        )}
        {chosen.length > 0 && (
          <LazyForceChart
            lines={stable}
            span={span}
            unit={found[0]?.data?.channels[0]?.unit ?? ""}
            scheme={scheme}
            label="Trials over each other from their onsets"
            height={300}
            onZoom={setSpan}
            onReset={() => setSpan(VIEW)}
          />
        )}
      </Stack>
    </Section>
  );
}
