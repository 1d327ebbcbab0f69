import { Button, Group, NativeSelect, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { groupsQuery, type MetricReport, reliabilityQuery, type Subject, subjectsQuery } from "@/api/lab";
import { formatNumber } from "@/lib/units";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { LabTabs } from "@/ui/LabTabs";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { TextLink } from "@/ui/TextLink";
import { WideTable } from "@/ui/WideTable";

import { csvOf, lastScores, type TableColumn } from "./groupTable";
import { Reliability } from "./Reliability";

const COLUMNS = [
  "peak_force_net",
  "peak_force_relative_net",
  "force_200_net",
  "rfd_0_200",
  "impulse_0_200",
  "asymmetry_peak_force_bai",
];

/** A group beside each other: the newest session of everybody. */
export function GroupsPage() {
  const groups = useQuery(groupsQuery);
  const subjects = useQuery(subjectsQuery);
  const [group, setGroup] = useState("");
  const [use, setUse] = useState<"best" | "mean">("best");
  const reports = useQueries({
    queries: COLUMNS.map((metric) => reliabilityQuery(metric, group === "" ? undefined : group, use)),
  });
  return (
    <Page title="Groups">
      <LabTabs />
      <Stack gap="lg">
        <Group align="end" gap="sm">
          <NativeSelect
            label="Group"
            value={group}
            onChange={(event) => setGroup(event.currentTarget.value)}
            data={[
              { value: "", label: "Everybody" },
              ...(groups.data ?? []).map(({ id, name, subjects: size }) => ({
                value: id,
                label: `${name} (${size})`,
              })),
            ]}
          />
          <SegmentedControl
            aria-label="Of each session"
            value={use}
            onChange={(value) => setUse(value === "mean" ? "mean" : "best")}
            data={[
              { value: "best", label: "Best trial" },
              { value: "mean", label: "Mean of the trials" },
            ]}
          />
        </Group>
        <Await query={subjects} what="the athletes">
          {(known) => (
            <GroupTable
              subjects={known.filter((one) => group === "" || one.groups.includes(group))}
              reports={reports.map(({ data }) => data)}
              use={use}
              name={groups.data?.find(({ id }) => id === group)?.name ?? "everybody"}
            />
          )}
        </Await>
        <Reliability reports={reports.flatMap(({ data }) => data ?? [])} />
      </Stack>
    </Page>
  );
}

interface GroupTableProps {
  subjects: readonly Subject[];
  reports: readonly (MetricReport | undefined)[];
  name: string;
  use: "best" | "mean";
}

function GroupTable({ subjects, reports, name, use }: GroupTableProps) {
  const columns: TableColumn[] = COLUMNS.map((metric, index) => {
    const report = reports[index];
    return {
      label: report?.label || metric,
      unit: report?.unit ?? "",
      scores: lastScores(report?.scores ?? [], use),
    };
  });
  const save = () => {
    const file = new Blob([csvOf(subjects, columns)], { type: "text/csv" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
  };
  return (
    <Section
      title="Newest session"
      hint="Rejected trials are left out. Asymmetry is a number to watch over time, positive where left is higher; it is no verdict."
      actions={
        subjects.length > 0 && (
          <Button variant="default" size="sm" onClick={save}>
            Table, CSV
          </Button>
        )
      }
    >
      {subjects.length === 0 ? (
        <Empty title="Nobody is in this group">
          Groups are given on the <TextLink to="/lab/athletes">Athletes</TextLink> page.
        </Empty>
      ) : (
        <WideTable
          label="Group"
          columns={[
            "Athlete",
            ...columns.map(({ label, unit }) => `${label}${unit === "" ? "" : `, ${unit}`}`),
          ]}
        >
          {subjects.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Th scope="row">
                <TextLink to="/lab/athletes/$subjectId" params={{ subjectId: one.id }}>
                  {one.pseudonym}
                </TextLink>
              </Table.Th>
              {columns.map(({ label, scores, unit }) => {
                const value = scores.get(one.id);
                return (
                  <Table.Td key={label} className="tabular">
                    {value === undefined ? (
                      <Text span c="dimmed">
                        –
                      </Text>
                    ) : (
                      formatNumber(value, unit === "N" || unit === "N/s" ? 0 : 1)
                    )}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </WideTable>
      )}
    </Section>
  );
}
