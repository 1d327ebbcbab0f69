import { Button } from "@mantine/core";

import { usePutSchedule, useRemoveSchedule } from "@/api/automation";
import { useMayOperate } from "@/api/session";
import type { Schedule } from "@/api/types";
import { wallDayTime } from "@/lib/zoned";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row } from "@/ui/Rows";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

import { bodyFrom } from "./draft";
import { exceptionsWords, whenWords } from "./words";

interface ScheduleRowProps {
  schedule: Schedule;
  what: string;
  zone: string;
  onEdit: () => void;
}

/** One schedule as a sentence, its next run, and what can be done with it. */
export function ScheduleRow({ schedule, what, zone, onEdit }: ScheduleRowProps) {
  const mayOperate = useMayOperate();
  const put = usePutSchedule();
  const remove = useRemoveSchedule();
  const toast = useToast();
  const { id, name, enabled, next_run: next, exceptions, on_device: onDevice } = schedule;
  const drop = () =>
    // This row is gone before callbacks of its own would be called.
    void remove.mutateAsync(id).then(
      () =>
        toast({
          text: `${name} is deleted.`,
          onUndo: () => put.mutate({ id: null, body: bodyFrom(schedule) }),
        }),
      () => undefined,
    );
  return (
    <Row
      title={
        <>
          {name} {!enabled && <Tag>off</Tag>} {onDevice && <Tag>runs on the device</Tag>}
        </>
      }
      note={
        <>
          {what}, {whenWords(schedule)}
          <br />
          {!enabled
            ? "Turned off: it does not run."
            : next === null
              ? "It does not run within a year."
              : `Next: ${wallDayTime(next, zone)}`}
          {exceptions.length > 0 && ` · not on ${exceptionsWords(exceptions)}`}
          <FormTrouble error={put.error ?? remove.error} />
        </>
      }
      actions={
        mayOperate && (
          <>
            <Button
              variant="default"
              aria-label={`Turn ${enabled ? "off" : "on"} ${name}`}
              loading={put.isPending}
              onClick={() => put.mutate({ id, body: bodyFrom(schedule, { enabled: !enabled }) })}
            >
              Turn {enabled ? "off" : "on"}
            </Button>
            <Button variant="default" aria-label={`Change ${name}`} onClick={onEdit}>
              Change
            </Button>
            <Button
              variant="default"
              c="var(--mantine-color-error)"
              aria-label={`Delete ${name}`}
              loading={remove.isPending}
              onClick={drop}
            >
              Delete
            </Button>
          </>
        )
      }
    />
  );
}
