import { Button, Group, Stack, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { downloadOf, recordingQuery, type RecordingDetail, useFinishRecording } from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { metricOf, metricText, missingLines } from "@/lib/force";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Facts } from "@/ui/Facts";
import { FormTrouble } from "@/ui/FormTrouble";
import { Icon } from "@/ui/Icon";
import { LinkButton } from "@/ui/LinkButton";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { TextLink } from "@/ui/TextLink";
import { WideTable } from "@/ui/WideTable";

import { SpanTrial } from "./SpanTrial";

const COLUMNS = [
  ["peak_force_net", "Peak, net"],
  ["peak_force_gross", "Peak, gross"],
  ["force_200_net", "At 200 ms, net"],
  ["rfd_0_200", "RFD 0–200 ms"],
  ["asymmetry_peak_force_bai", "Asymmetry"],
] as const;

/** One session of the lab, or one recording of anything. */
export function RecordingPage() {
  const { recordingId } = useParams({ from: "/inside/recordings/$recordingId" });
  const recording = useQuery({
    ...recordingQuery(recordingId),
    refetchInterval: ({ state }) => (state.data?.ended_at === null ? 3_000 : false),
  });
  const force = recording.data?.kind === "imtp";
  const back = (
    <TextLink to={force ? "/lab" : "/recordings"} className="way-back" underline="hover">
      <Icon name="back" /> {force ? "Force lab" : "Recordings"}
    </TextLink>
  );
  return (
    <Page title={recording.data?.name ?? "Recording"} before={back}>
      <Await query={recording} what="the recording">
        {(known) => (
          <Stack gap="lg">
            <About recording={known} />
            {known.kind === "imtp" ? (
              <Trials recording={known} />
            ) : (
              known.trial_list.map((trial) => <SpanTrial key={trial.id} trial={trial} />)
            )}
          </Stack>
        )}
      </Await>
    </Page>
  );
}

function About({ recording }: { recording: RecordingDetail }) {
  const mayOperate = useMayOperate();
  const finish = useFinishRecording();
  const force = recording.kind === "imtp";
  const facts: [string, string][] = [["Started", `${dateTime(recording.started_at)} by ${recording.author}`]];
  facts.push(["Finished", recording.ended_at === null ? "still open" : dateTime(recording.ended_at)]);
  if (force) {
    facts.push(["Rig", recording.rig === "plate" ? "plate" : "in line"]);
    facts.push(["Posture", recording.posture || "not noted"]);
    facts.push(["Protocol", recording.protocol || "not noted"]);
    facts.push([
      "Body mass",
      recording.body_mass_kg === null ? "as weighed" : `${recording.body_mass_kg} kg`,
    ]);
  }
  if (recording.note !== "") facts.push(["Note", recording.note]);
  return (
    <Section
      title="About"
      actions={
        <Group gap="xs">
          {recording.subject_id !== null && (
            <LinkButton
              variant="default"
              size="sm"
              to="/lab/athletes/$subjectId"
              params={{ subjectId: recording.subject_id }}
            >
              {recording.subject ?? "Athlete"}
            </LinkButton>
          )}
          {force && mayOperate && recording.ended_at === null && (
            <LinkButton size="sm" to="/lab/session/$recordingId" params={{ recordingId: recording.id }}>
              Go on with the session
            </LinkButton>
          )}
          {mayOperate && recording.ended_at === null && (
            <Button
              size="sm"
              variant={force ? "default" : "filled"}
              loading={finish.isPending}
              onClick={() => finish.mutate(recording.id)}
            >
              {force ? "Finish the session" : "Stop recording"}
            </Button>
          )}
          <Button component="a" variant="default" size="sm" href={downloadOf.report(recording.id)}>
            Report, PDF
          </Button>
          <Button component="a" variant="default" size="sm" href={downloadOf.metrics(recording.id)}>
            Metrics, CSV
          </Button>
        </Group>
      }
    >
      <Facts facts={facts} />
      <FormTrouble error={finish.error} />
    </Section>
  );
}

function Trials({ recording }: { recording: RecordingDetail }) {
  if (recording.trial_list.length === 0)
    return (
      <Section title="Trials">
        <Empty title="No trial yet">Go on with the session to record one.</Empty>
      </Section>
    );
  return (
    <Section title="Trials">
      <WideTable
        label="Trials"
        columns={["Trial", ...COLUMNS.map(([, label]) => label), "Verdict", "Missing", "Samples"]}
      >
        {recording.trial_list.map((trial) => (
          <Table.Tr key={trial.id}>
            <Table.Th scope="row">
              <TextLink
                to="/lab/trial/$recordingId/$trialId"
                params={{ recordingId: recording.id, trialId: trial.id }}
              >
                {trial.number}
              </TextLink>{" "}
              {trial.state !== "done" && <Tag>{trial.state}</Tag>}
            </Table.Th>
            {COLUMNS.map(([key]) => {
              const metric = metricOf(trial.result?.metrics ?? [], key);
              return (
                <Table.Td key={key} className="tabular" title={metric?.withheld_reason ?? undefined}>
                  {metric === undefined ? "–" : metric.value === null ? "withheld" : metricText(metric)}
                </Table.Td>
              );
            })}
            <Table.Td>
              {trial.accepted === null
                ? "open"
                : trial.accepted
                  ? "accepted"
                  : `rejected${trial.reason === "" ? "" : `: ${trial.reason}`}`}
            </Table.Td>
            <Table.Td style={{ whiteSpace: "normal" }}>
              {missingLines(trial.missing, false).join(" ") || "nothing"}
            </Table.Td>
            <Table.Td>
              <Button
                component="a"
                size="xs"
                variant="default"
                href={downloadOf.samples(trial.id)}
                aria-label={`Samples of trial ${trial.number}, CSV`}
              >
                CSV
              </Button>
            </Table.Td>
          </Table.Tr>
        ))}
      </WideTable>
    </Section>
  );
}
