import { Button, Checkbox, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import {
  type Recording,
  recordingsQuery,
  useFinishRecording,
  useRemoveRecording,
  useRestoreRecording,
} from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { dateTime, duration } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { LabTabs } from "@/ui/LabTabs";
import { Page } from "@/ui/Page";
import { type Marks, Pager } from "@/ui/Pager";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { TextLink } from "@/ui/TextLink";
import { useToast } from "@/ui/toasts";

import { Compare } from "./Compare";
import { StartRecording } from "./StartRecording";

const PAGE = 50;
const MOST = 6;

/** Any span of any channels that somebody gave a name: an inrush, a day of a fridge. */
export function RecordingsPage() {
  const mayOperate = useMayOperate();
  const [marks, setMarks] = useState<Marks>([null]);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const recordings = useQuery({
    ...recordingsQuery({}, PAGE, marks.at(-1) ?? null),
    refetchInterval: 5_000,
  });
  const others = (items: readonly Recording[]) => items.filter(({ kind }) => kind !== "imtp");
  return (
    <Page title="Recordings">
      <LabTabs />
      <Stack gap="lg">
        {mayOperate && <StartRecording />}
        <Section title="Kept" hint="Choose several to lay them over each other.">
          <Await query={recordings} what="the recordings">
            {({ items, next }) => (
              <Stack gap="md">
                {others(items).length === 0 ? (
                  <Empty title="No recording yet">
                    Give a span of any channels a name, and it can be found, compared, summed up and exported
                    later.
                  </Empty>
                ) : (
                  <Rows label="Recordings">
                    {others(items).map((one) => (
                      <RecordingRow
                        key={one.id}
                        recording={one}
                        mayOperate={mayOperate}
                        checked={chosen.includes(one.id)}
                        full={chosen.length >= MOST}
                        onCheck={(checked) =>
                          setChosen(checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id))
                        }
                      />
                    ))}
                  </Rows>
                )}
                <Pager marks={marks} next={next} onTurn={setMarks} />
              </Stack>
            )}
          </Await>
        </Section>
        {chosen.length > 1 && <Compare recordings={chosen} />}
      </Stack>
    </Page>
  );
}

interface RecordingRowProps {
  recording: Recording;
  mayOperate: boolean;
  checked: boolean;
  full: boolean;
  onCheck: (checked: boolean) => void;
}

function RecordingRow({ recording, mayOperate, checked, full, onCheck }: RecordingRowProps) {
  const finish = useFinishRecording();
  const remove = useRemoveRecording();
  const restore = useRestoreRecording();
  const toast = useToast();
  const { id, name, started_at: start, ended_at: end, channels, author } = recording;
  return (
    <Row
      title={
        <>
          <Checkbox
            aria-label={`Compare ${name}`}
            checked={checked}
            disabled={full && !checked}
            onChange={(event) => onCheck(event.currentTarget.checked)}
          />
          <TextLink to="/recordings/$recordingId" params={{ recordingId: id }}>
            {name}
          </TextLink>
          {end === null && <Tag>recording</Tag>}
        </>
      }
      note={
        <>
          {dateTime(start)}
          {end === null ? "" : `, ${duration(end - start)}`}; {channels.length}{" "}
          {channels.length === 1 ? "channel" : "channels"}; {author}
          <FormTrouble error={finish.error ?? remove.error} />
        </>
      }
      actions={
        mayOperate && (
          <>
            {end === null && (
              <Button size="sm" loading={finish.isPending} onClick={() => finish.mutate(id)}>
                Stop {name}
              </Button>
            )}
            {end !== null && (
              <Button
                size="sm"
                variant="default"
                aria-label={`Delete ${name}`}
                loading={remove.isPending}
                onClick={() =>
                  remove.mutate(id, {
                    onSuccess: () => {
                      onCheck(false);
                      toast({ text: `${name} is deleted.`, onUndo: () => restore.mutate(id) });
                    },
                  })
                }
              >
                Delete
              </Button>
            )}
          </>
        )
      }
    />
  );
}
