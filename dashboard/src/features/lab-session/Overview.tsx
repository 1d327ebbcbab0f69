import { Table } from "@mantine/core";
import { TextLink } from "@/ui/TextLink";

import type { RecordingDetail } from "@/api/lab";
import { metricOf, metricText } from "@/lib/force";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { WideTable } from "@/ui/WideTable";

import { advice, bestOf } from "./best";

const COLUMNS = [
  ["peak_force_net", "Peak, net"],
  ["peak_force_gross", "Peak, gross"],
  ["rfd_0_200", "RFD 0–200 ms"],
  ["force_200_net", "At 200 ms, net"],
  ["asymmetry_peak_force_bai", "Asymmetry"],
] as const;

/** All trials of the session beside each other, and which is the best. */
export function Overview({ recording }: { recording: RecordingDetail }) {
  const trials = recording.trial_list.filter(({ state }) => state === "done");
  if (trials.length === 0) return null;
  const best = bestOf(trials, "peak_force_gross");
  return (
    <Section title="Trials of this session" hint={advice(trials)}>
      <WideTable label="Trials" columns={["Trial", ...COLUMNS.map(([, label]) => label), "Verdict"]}>
        {trials.map((trial) => (
          <Table.Tr key={trial.id}>
            <Table.Th scope="row">
              <TextLink
                to="/lab/trial/$recordingId/$trialId"
                params={{ recordingId: recording.id, trialId: trial.id }}
              >
                {trial.number}
              </TextLink>{" "}
              {trial.id === best?.id && <Tag>best</Tag>}
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
              {trial.accepted === null ? "open" : trial.accepted ? "accepted" : `rejected ${trial.reason}`}
            </Table.Td>
          </Table.Tr>
        ))}
        {recording.accepted > 1 && <Together recording={recording} />}
      </WideTable>
    </Section>
  );
}

/** Mean and coefficient of variation of the accepted trials. */
function Together({ recording }: { recording: RecordingDetail }) {
  const known = new Map(recording.summary.map((one) => [one.key, one]));
  const rows = [
    ["Mean", (key: string) => meanText(known.get(key))],
    ["CV", (key: string) => cvText(known.get(key))],
  ] as const;
  return rows.map(([name, say]) => (
    <Table.Tr key={name} fw={600}>
      <Table.Th scope="row">{name}</Table.Th>
      {COLUMNS.map(([key]) => (
        <Table.Td key={key} className="tabular">
          {say(key)}
        </Table.Td>
      ))}
      <Table.Td>of {recording.accepted} accepted</Table.Td>
    </Table.Tr>
  ));
}

type Summary = RecordingDetail["summary"][number];

const meanText = (one: Summary | undefined): string =>
  one?.mean == null ? "–" : metricText({ value: one.mean, unit: one.unit, decimals: one.decimals });

const cvText = (one: Summary | undefined): string =>
  one?.cv_percent == null ? "–" : metricText({ value: one.cv_percent, unit: "%", decimals: 1 });
