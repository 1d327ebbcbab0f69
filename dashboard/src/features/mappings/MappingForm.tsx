import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useCreateMapping } from "@/api/mappings";
import type { NewMapping, Unmatched } from "@/api/types";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

import { bodyOf, type Draft, draftOf, faultOf, pointerWords, serialFor } from "./draft";
import { LeafPicker } from "./LeafPicker";

const TIMES: readonly { value: NonNullable<NewMapping["time_format"]>; label: string }[] = [
  { value: "rfc3339", label: "2026-01-31T12:00:00Z" },
  { value: "local", label: "2026-01-31T12:00:00, clock of the site" },
  { value: "s", label: "Seconds since 1970" },
  { value: "ms", label: "Milliseconds since 1970" },
];

/** Which leaves of a message become channels, and of which device. */
export function MappingForm({ message, onDone }: { message: Unmatched; onDone: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(message));
  const create = useCreateMapping();
  const toast = useToast();
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const serial = serialFor(draft.serial, message);
  const fault = faultOf(draft, serial);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(bodyOf(draft, message), {
      onSuccess: () => {
        onDone();
        toast({ text: `Saved. The next message makes ${serial ?? "it"} a device, to be claimed.` });
      },
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Messages"
          description="Topic or path; + stands for any one level, # for all that follows"
          value={draft.filter}
          onChange={(event) => set({ filter: event.currentTarget.value })}
          spellCheck={false}
          autoComplete="off"
          required
        />
        <TextInput
          label="Serial of the device"
          description="{level.1} is the second level of the topic, {/Mac} a value of the message"
          value={draft.serial}
          onChange={(event) => set({ serial: event.currentTarget.value })}
          spellCheck={false}
          autoComplete="off"
          required
        />
        <Text size="sm" role="status">
          {serial === null ? "This message would have no serial." : `This message comes from “${serial}”.`}
        </Text>
        <LeafPicker leaves={message.leaves} fields={draft.fields} onChange={(fields) => set({ fields })} />
        <NativeSelect
          label="Time of the values"
          data={[
            { value: "", label: "When the message arrives" },
            ...message.leaves
              .filter(({ value }) => typeof value === "string" || typeof value === "number")
              .map(({ pointer, value }) => ({
                value: pointer,
                label: `${pointerWords(pointer)}: ${String(value)}`,
              })),
          ]}
          value={draft.timePointer ?? ""}
          onChange={(event) => set({ timePointer: event.currentTarget.value || null })}
        />
        {draft.timePointer !== null && (
          <NativeSelect
            label="Written as"
            data={[...TIMES]}
            value={draft.timeFormat}
            onChange={(event) => set({ timeFormat: event.currentTarget.value as Draft["timeFormat"] })}
          />
        )}
        <FormTrouble error={create.error} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed" role="status">
            {fault}
          </Text>
          <Button type="submit" loading={create.isPending} disabled={fault !== null}>
            Save mapping
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
