import { Button, Group, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";

import {
  downloadOf,
  type RecordingDetail,
  type Run,
  type Setting,
  type Trial,
  type TrialData,
  useAnalyse,
} from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { parameterOf, type Span, zoomed } from "@/charts/force/drag";
import { LazyForceChart } from "@/charts/force/LazyForceChart";
import { formatNumber } from "@/lib/units";
import { Findings } from "@/ui/Findings";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useScheme } from "@/ui/useScheme";
import { useToast } from "@/ui/toasts";

import { earlySpan, linesOf, markOf, onsetOf, originOf } from "./lines";
import { Metrics } from "./Metrics";
import { Settings } from "./Settings";
import { useLook } from "./useLook";
import { Verdict } from "./Verdict";
import { Versions } from "./Versions";

const WINDOWS_MS = [50, 100, 150, 200, 250];

interface CurveProps {
  recording: RecordingDetail;
  trial: Trial;
  data: TrialData;
  runs: readonly Run[];
}

/** The force with its onset line, and what follows from where that line stands. */
export function Curve({ recording, trial, data, runs }: CurveProps) {
  const mayOperate = useMayOperate();
  const scheme = useScheme();
  const toast = useToast();
  const [chosen, setChosen] = useState<string | null>(null);
  const [moved, setMoved] = useState<number | null>(null);
  const looking = useLook(trial.id);
  const keep = useAnalyse();
  const run = runs.find(({ id }) => id === chosen) ?? runs[0];
  const lines = useMemo(() => linesOf(data, data.start_us), [data]);
  const unit = data.channels[0]?.unit ?? "";
  const end = (data.end_us - data.start_us) / 1000;
  const whole: Span = { from: 0, to: Math.max(end, 1) };
  const inMs = (us: number | null) => (us === null ? null : (us - data.start_us) / 1000);
  const stored = inMs(onsetOf(run));
  const onsetAt = moved ?? stored ?? (run?.analysis === "imtp" ? end / 2 : null);
  const [span, setSpan] = useState<Span>(() =>
    stored === null ? whole : earlySpan(stored, whole.from, whole.to),
  );
  const origin = run === undefined ? data.start_us : originOf(run, data.start_us);
  const parametersAt = (at: number): Record<string, Setting> => ({
    ...((run?.parameters ?? {}) as Record<string, Setting>),
    onset: "manual",
    onset_ms: parameterOf(at, (origin - data.start_us) / 1000),
  });
  const move = (at: number) => {
    setMoved(at);
    looking.look(parametersAt(at));
  };
  const back = () => {
    setMoved(null);
    looking.forget();
  };
  const choose = (id: string) => {
    back();
    setChosen(id);
  };
  const store = (parameters: Record<string, Setting>, recalibrate = false) =>
    keep.mutate(
      { trial: trial.id, parameters, keep: true, recalibrate },
      {
        onSuccess: ({ version }) => {
          back();
          setChosen(null);
          toast({ text: `Version ${version} is kept beside the others.` });
        },
      },
    );
  const weighing = [inMs(markOf(run, "weighing_from")), inMs(markOf(run, "weighing_to"))] as const;
  const windows = [
    ...(onsetAt === null || run?.analysis !== "imtp"
      ? []
      : WINDOWS_MS.map((ms, index) => ({
          label: `${ms} ms`,
          from: onsetAt + (WINDOWS_MS[index - 1] ?? 0),
          to: onsetAt + ms,
        }))),
    ...(weighing[0] === null || weighing[1] === null
      ? []
      : [{ label: "weighing", from: weighing[0], to: weighing[1] }]),
  ];
  const middle = onsetAt ?? (span.from + span.to) / 2;
  const shown = moved === null ? run : (looking.run ?? run);
  return (
    <>
      <Section
        title="Force"
        actions={
          <Group gap="xs">
            <Button variant="default" size="sm" onClick={() => setSpan(zoomed(span, middle, 0.5, whole))}>
              Closer
            </Button>
            <Button variant="default" size="sm" onClick={() => setSpan(zoomed(span, middle, 2, whole))}>
              Wider
            </Button>
            <Button variant="default" size="sm" onClick={() => setSpan(whole)}>
              Whole trial
            </Button>
            {stored !== null && (
              <Button
                variant="default"
                size="sm"
                onClick={() => setSpan(earlySpan(stored, whole.from, whole.to))}
              >
                Onset
              </Button>
            )}
          </Group>
        }
      >
        <LazyForceChart
          lines={lines}
          span={span}
          unit={unit}
          scheme={scheme}
          label={`Force of trial ${trial.number}, left, right and total`}
          windows={windows}
          {...(onsetAt === null
            ? {}
            : { onset: { at: onsetAt, limits: whole, ...(mayOperate ? { onMove: move } : {}) } })}
          onZoom={setSpan}
          onReset={() => setSpan(whole)}
        />
        <Stack gap="xs" mt="sm">
          {mayOperate && onsetAt !== null && (
            <Text size="sm" c="dimmed">
              Drag the onset, or reach it with Tab and move it with the arrow keys (1 ms, with Shift 10 ms).
            </Text>
          )}
          {moved !== null && (
            <Group gap="sm" role="group" aria-label="Onset set by hand">
              <Text fw={600}>
                Onset by hand at {formatNumber(moved, 0)} ms
                {stored !== null &&
                  ` (${moved >= stored ? "+" : "−"}${formatNumber(Math.abs(moved - stored), 0)} ms)`}
                {looking.busy ? " …" : ""}
              </Text>
              <Button size="sm" loading={keep.isPending} onClick={() => store(parametersAt(moved))}>
                Keep as a new version
              </Button>
              <Button size="sm" variant="default" onClick={back}>
                Back to the stored one
              </Button>
            </Group>
          )}
          <FormTrouble error={looking.error ?? keep.error} />
        </Stack>
      </Section>
      {mayOperate && <Verdict trial={trial} />}
      {shown === undefined ? (
        <Section title="Results">
          <Text>There is no result of this trial yet.</Text>
        </Section>
      ) : (
        <Section
          title={moved === null ? `Results, version ${shown.version}` : "Results with the line where it is"}
          hint={described(shown)}
          actions={
            <Group gap="xs">
              <Button component="a" variant="default" size="sm" href={downloadOf.samples(trial.id)}>
                Samples, CSV
              </Button>
              <Button component="a" variant="default" size="sm" href={downloadOf.report(recording.id)}>
                Report, PDF
              </Button>
            </Group>
          }
        >
          <Stack gap="md">
            <Findings findings={shown.findings} />
            <Metrics metrics={shown.metrics} beside={moved === null ? null : (run?.metrics ?? null)} />
          </Stack>
        </Section>
      )}
      {run !== undefined && (
        <>
          <Versions runs={runs} chosen={run.id} onChoose={choose} />
          {mayOperate && (
            <Settings key={run.id} run={run} busy={keep.isPending} error={keep.error} onAnalyse={store} />
          )}
        </>
      )}
    </>
  );
}

/** How the numbers came about: nothing printed without it. */
function described({ settings, software, analysis_version: version }: Run): string {
  const parts: string[] = [];
  if (typeof settings.onset === "string") parts.push(`onset: ${settings.onset}`);
  if (typeof settings.onset_threshold_n === "number")
    parts.push(`threshold ${formatNumber(settings.onset_threshold_n, 1)} N`);
  if (typeof settings.filter === "string") parts.push(`filter: ${settings.filter}`);
  if (typeof settings.nominal_hz === "number") parts.push(`${formatNumber(settings.nominal_hz, 0)} Hz`);
  if (typeof settings.rig === "string") parts.push(settings.rig === "plate" ? "plate" : "in-line rig");
  parts.push(`analysis ${version}, software ${software}`);
  return `${parts.join("; ")}.`;
}
