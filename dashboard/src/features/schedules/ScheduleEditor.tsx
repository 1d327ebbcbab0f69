import { Button, Chip, Group, NativeSelect, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { usePutSchedule } from "@/api/automation";
import type { Output, Room, Scene, Schedule } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { StatePicker } from "@/ui/StatePicker";

import { bodyOf, type Draft, draftOf, faultOf, newDraft } from "./draft";
import { Exceptions } from "./Exceptions";
import { WEEKDAYS } from "./words";

interface ScheduleEditorProps {
  /** Null for a new one. */
  schedule: Schedule | null;
  rooms: readonly Room[];
  outputs: readonly Output[];
  scenes: readonly Scene[];
  zone: string;
  onClose: () => void;
}

export function ScheduleEditor({ schedule, rooms, outputs, scenes, zone, onClose }: ScheduleEditorProps) {
  const first = [outputs[0]?.id ?? "", scenes[0]?.id ?? ""] as const;
  const [draft, setDraft] = useState(() =>
    schedule === null ? newDraft(...first) : draftOf(schedule, ...first),
  );
  const put = usePutSchedule();
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const fault = faultOf(draft);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    put.mutate({ id: schedule?.id ?? null, body: bodyOf(draft) }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={schedule?.name ?? "New schedule"} keep>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            placeholder="Morning"
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            maxLength={64}
            autoComplete="off"
            data-autofocus
          />
          <When draft={draft} zone={zone} onChange={set} />
          <What draft={draft} rooms={rooms} outputs={outputs} scenes={scenes} onChange={set} />
          <Exceptions dates={draft.exceptions} onDates={(exceptions) => set({ exceptions })} />
          <FormTrouble error={put.error} />
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {fault}
            </Text>
            <Button type="submit" loading={put.isPending} disabled={fault !== null}>
              Save schedule
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

interface PartProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}

function When({ draft, zone, onChange }: PartProps & { zone: string }) {
  return (
    <>
      <SegmentedControl
        aria-label="Runs at"
        data={[
          { value: "time", label: "A time" },
          { value: "sunrise", label: "Sunrise" },
          { value: "sunset", label: "Sunset" },
        ]}
        value={draft.by}
        onChange={(by) => onChange({ by: by })}
      />
      {draft.by === "time" ? (
        <TextInput
          type="time"
          label="Time"
          description={`On the clocks of ${zone}; where they skip it, it runs as much later`}
          value={draft.at}
          onChange={(event) => onChange({ at: event.currentTarget.value })}
        />
      ) : (
        <Group grow align="flex-end">
          <TextInput
            type="number"
            label="Minutes"
            min={0}
            max={720}
            value={String(Math.abs(draft.offsetMin))}
            onChange={(event) => {
              const minutes = Math.abs(Number(event.currentTarget.value));
              onChange({ offsetMin: draft.offsetMin < 0 ? -minutes : minutes });
            }}
          />
          <NativeSelect
            label="Before or after"
            data={[
              { value: "after", label: `after ${draft.by}` },
              { value: "before", label: `before ${draft.by}` },
            ]}
            value={Object.is(draft.offsetMin, -0) || draft.offsetMin < 0 ? "before" : "after"}
            onChange={(event) => {
              const minutes = Math.abs(draft.offsetMin);
              onChange({ offsetMin: event.currentTarget.value === "before" ? -minutes : minutes });
            }}
          />
        </Group>
      )}
      <Chip.Group
        multiple
        value={draft.weekdays.map(String)}
        onChange={(days) => onChange({ weekdays: days.map(Number) })}
      >
        <Group gap={6} role="group" aria-label="Weekdays">
          {WEEKDAYS.map((day, number) => (
            <Chip key={day} value={String(number)} size="sm">
              {day}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </>
  );
}

interface WhatProps extends PartProps {
  rooms: readonly Room[];
  outputs: readonly Output[];
  scenes: readonly Scene[];
}

function What({ draft, rooms, outputs, scenes, onChange }: WhatProps) {
  const output = outputs.find(({ id }) => id === draft.outputId);
  const place = (id: string) => rooms.find((room) => room.id === id)?.name ?? "";
  return (
    <>
      {scenes.length > 0 && outputs.length > 0 && (
        <SegmentedControl
          aria-label="What it does"
          data={[
            { value: "setting", label: "Switch one" },
            { value: "scene", label: "Run a scene" },
          ]}
          value={draft.does}
          onChange={(does) => onChange({ does: does })}
        />
      )}
      {draft.does === "scene" ? (
        <NativeSelect
          label="Scene"
          data={scenes.map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.sceneId}
          onChange={(event) => onChange({ sceneId: event.currentTarget.value })}
        />
      ) : (
        <>
          <NativeSelect
            label="Light or relay"
            data={outputs.map(({ id, name, room_id }) => ({
              value: id,
              label: `${place(room_id)}: ${name}`,
            }))}
            value={draft.outputId}
            onChange={(event) => onChange({ outputId: event.currentTarget.value, state: "on" })}
          />
          <StatePicker
            label="Is set to"
            levels={output?.levels ?? null}
            state={draft.state}
            onState={(state) => onChange({ state: state ?? "on" })}
          />
          <TextInput
            type="number"
            label="For how many minutes"
            description="Empty: until something else switches it"
            min={0.1}
            step="any"
            value={draft.minutes}
            onChange={(event) => onChange({ minutes: event.currentTarget.value })}
          />
        </>
      )}
    </>
  );
}
