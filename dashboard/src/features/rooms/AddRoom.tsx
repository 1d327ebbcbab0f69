import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useAddRoom } from "@/api/outputs";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";

const USUAL = ["Living room", "Kitchen", "Bedroom", "Hall", "Workshop"];

function RoomForm({ verb, onDone }: { verb: string; onDone?: () => void }) {
  const [name, setName] = useState("");
  const add = useAddRoom();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(name.trim(), { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label="Name of the room"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={64}
          autoComplete="off"
          required
          data-autofocus
        />
        <Group gap={6} role="group" aria-label="Usual names">
          {USUAL.map((usual) => (
            <Button key={usual} size="compact-md" variant="default" fw={400} onClick={() => setName(usual)}>
              {usual}
            </Button>
          ))}
        </Group>
        <FormTrouble error={add.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending} disabled={name.trim() === ""}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function AddRoom({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add room">
      <RoomForm verb="Add room" onDone={onClose} />
    </Dialog>
  );
}

/** Nothing is here yet: where to begin. */
export const FirstRoom = () => (
  <Section
    title="Begin with a room"
    hint="Lights and relays live in rooms. Name the first one; after that, put into it what its devices can switch."
  >
    <RoomForm verb="Make this room" />
  </Section>
);
