import { Group, NativeSelect, Stack, Table, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { TextLink } from "@/ui/TextLink";
import { useState } from "react";

import { groupsQuery, type Recording, type RecordingFilter, recordingsQuery, subjectsQuery } from "@/api/lab";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { LinkButton } from "@/ui/LinkButton";
import { type Marks, Pager } from "@/ui/Pager";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { WideTable } from "@/ui/WideTable";

const PAGE = 25;
const DAY_MS = 86_400_000;

const dayStart = (day: string): number | undefined =>
  day === "" ? undefined : new Date(`${day}T00:00:00`).getTime();

/** All sessions, newest first, by athlete, group and day. */
export function Sessions() {
  const [filter, setFilter] = useState<RecordingFilter>({});
  const [days, setDays] = useState({ from: "", to: "" });
  const [marks, setMarks] = useState<Marks>([null]);
  const subjects = useQuery(subjectsQuery).data ?? [];
  const groups = useQuery(groupsQuery).data ?? [];
  const end = dayStart(days.to);
  const wanted: RecordingFilter = { ...filter, kind: "imtp" };
  const start = dayStart(days.from);
  if (start !== undefined) wanted.from = start;
  if (end !== undefined) wanted.to = end + DAY_MS;
  const recordings = useQuery(recordingsQuery(wanted, PAGE, marks.at(-1) ?? null));
  const choose = (change: RecordingFilter) => {
    setFilter({ ...filter, ...change });
    setMarks([null]);
  };
  const chooseDay = (change: Partial<typeof days>) => {
    setDays({ ...days, ...change });
    setMarks([null]);
  };
  const filtered = Object.values({ ...filter, ...days }).some((value) => value !== "");
  return (
    <Section title="Sessions">
      <Stack gap="md">
        <Group gap="sm" align="end">
          <NativeSelect
            label="Athlete"
            value={filter.subject ?? ""}
            onChange={(event) => choose({ subject: event.currentTarget.value })}
            data={[
              { value: "", label: "Everybody" },
              ...subjects.map(({ id, pseudonym }) => ({ value: id, label: pseudonym })),
            ]}
          />
          <NativeSelect
            label="Group"
            value={filter.group ?? ""}
            onChange={(event) => choose({ group: event.currentTarget.value })}
            data={[
              { value: "", label: "All groups" },
              ...groups.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
          <TextInput
            type="date"
            label="From"
            value={days.from}
            onChange={(event) => chooseDay({ from: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label="Until"
            value={days.to}
            onChange={(event) => chooseDay({ to: event.currentTarget.value })}
          />
        </Group>
        <Await query={recordings} what="the sessions">
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty title={filtered ? "No session fits" : "No session yet"}>
                {filtered
                  ? "Choose another athlete, group or span."
                  : "A session holds the pulls of one athlete on one day. Start one with “New session” once a force device is connected."}
              </Empty>
            ) : (
              <>
                <WideTable label="Sessions" columns={["When", "Athlete", "Session", "Trials", "By", "Next"]}>
                  {items.map((one) => (
                    <SessionRow key={one.id} recording={one} />
                  ))}
                </WideTable>
                <Pager marks={marks} next={next} onTurn={setMarks} />
              </>
            )
          }
        </Await>
      </Stack>
    </Section>
  );
}

function SessionRow({ recording }: { recording: Recording }) {
  const { id, subject, subject_id: subjectId, name, started_at: startedAt, ended_at: endedAt } = recording;
  return (
    <Table.Tr>
      <Table.Td>{dateTime(startedAt)}</Table.Td>
      <Table.Td>
        {subjectId === null ? (
          "–"
        ) : (
          <TextLink to="/lab/athletes/$subjectId" params={{ subjectId }}>
            {subject ?? "removed"}
          </TextLink>
        )}
      </Table.Td>
      <Table.Th scope="row">
        <TextLink to="/recordings/$recordingId" params={{ recordingId: id }}>
          {name}
        </TextLink>{" "}
        {recording.rig === "inline" && <Tag>in line</Tag>}
      </Table.Th>
      <Table.Td>
        {recording.trials}
        {recording.trials > 0 && `, ${recording.accepted} accepted`}
      </Table.Td>
      <Table.Td>{recording.author}</Table.Td>
      <Table.Td>
        {endedAt === null ? (
          <LinkButton size="xs" to="/lab/session/$recordingId" params={{ recordingId: id }}>
            Go on
          </LinkButton>
        ) : null}
      </Table.Td>
    </Table.Tr>
  );
}
