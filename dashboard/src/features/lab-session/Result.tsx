import { Button, Chip, Group, Stack, Text } from "@mantine/core";
import { LinkButton } from "@/ui/LinkButton";
import { useEffect, useEffectEvent, useState } from "react";

import type { RecordingDetail, Trial } from "@/api/lab";
import { metricOf, missingLines } from "@/lib/force";
import { formatNumber } from "@/lib/units";
import { Findings } from "@/ui/Findings";
import { FormTrouble } from "@/ui/FormTrouble";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Section";

import classes from "./Result.module.css";

const SHOWN = [
  ["peak_force_net", "Peak force, net"],
  ["peak_force_gross", "Peak force, gross"],
  ["peak_force_relative_net", "Relative, net"],
  ["force_200_net", "At 200 ms, net"],
  ["rfd_0_200", "RFD 0–200 ms"],
  ["asymmetry_peak_force_bai", "Asymmetry at peak"],
] as const;

const REASONS = ["Restless before the pull", "Started early", "Slow pull", "Lost grip", "Let go too soon"];

interface ResultProps {
  recording: RecordingDetail;
  trial: Trial;
  tookMs: number;
  busy: boolean;
  error: Error | null;
  onJudge: (accepted: boolean, reason: string) => void;
}

/** What it came to, what a careful person would notice, and the question whether it counts. */
export function Result({ recording, trial, tookMs, busy, error, onJudge }: ResultProps) {
  const [reason, setReason] = useState("");
  const run = trial.result;
  const problems = run?.findings.filter(({ severity }) => severity === "problem").length ?? 0;
  const press = useEffectEvent((event: KeyboardEvent) => {
    const onField = (event.target as HTMLElement).closest("input, select, textarea, a") !== null;
    if (busy || onField || event.repeat) return;
    if (event.key === "ArrowRight") onJudge(true, "");
    else if (event.key === "ArrowLeft") onJudge(false, reason);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <Section
      title={`Trial ${trial.number}`}
      actions={
        <Text size="sm" c="dimmed" data-testid="took" data-ms={Math.round(tookMs)}>
          Result {formatNumber(tookMs, 0)} ms after the end
        </Text>
      }
    >
      <Stack gap="md">
        {run === null ? (
          <Notice level="error">There is no result: nothing was recorded that could be analysed.</Notice>
        ) : (
          <dl className={classes.figures}>
            {SHOWN.map(([key, label]) => {
              const metric = metricOf(run.metrics, key);
              if (metric === undefined) return null;
              return (
                <div key={key}>
                  <dt>{label}</dt>
                  <dd data-withheld={metric.value === null}>
                    {metric.value === null ? "withheld" : formatNumber(metric.value, metric.decimals)}
                    <span> {metric.value === null ? "" : metric.unit}</span>
                  </dd>
                  {metric.value === null && <dd className={classes.reason}>{metric.withheld_reason}</dd>}
                </div>
              );
            })}
          </dl>
        )}
        {missingLines(trial.missing, run !== null).map((line) => (
          <Notice key={line} level="warning">
            {line}
          </Notice>
        ))}
        {run !== null && <Findings findings={run.findings} />}
        <FormTrouble error={error} />
        <Chip.Group value={reason} onChange={(value) => setReason(value)}>
          <Group gap="xs" role="group" aria-label="Why it would not count">
            {REASONS.map((one) => (
              <Chip key={one} value={one} variant="outline" size="md">
                {one}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <Group grow preventGrowOverflow={false} className={classes.actions ?? ""}>
          <Button
            size="xl"
            variant={problems > 0 ? "default" : "filled"}
            autoFocus
            loading={busy}
            onClick={() => onJudge(true, "")}
          >
            Accept
          </Button>
          <Button size="xl" variant="default" loading={busy} onClick={() => onJudge(false, reason)}>
            Reject and repeat
          </Button>
          <LinkButton
            size="xl"
            variant="default"
            to="/lab/trial/$recordingId/$trialId"
            params={{ recordingId: recording.id, trialId: trial.id }}
          >
            Look at the curve
          </LinkButton>
        </Group>
        <p className={classes.keys}>
          <kbd>→</kbd> or <kbd>Enter</kbd> accepts, <kbd>←</kbd> rejects
        </p>
      </Stack>
    </Section>
  );
}
