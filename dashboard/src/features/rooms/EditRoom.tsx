import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useRemoveRoom, useRenameRoom } from "@/api/outputs";
import type { Room } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

export function EditRoom({ room, empty, onClose }: { room: Room; empty: boolean; onClose: () => void }) {
  const [name, setName] = useState(room.name);
  const rename = useRenameRoom();
  const remove = useRemoveRoom();
  const toast = useToast();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate({ id: room.id, name: name.trim() }, { onSuccess: onClose });
  };
  const drop = () =>
    // The room takes this dialog along, and callbacks of the dialog with it.
    void remove.mutateAsync(room.id).then(
      () => toast({ text: `The room ${room.name} is removed.` }),
      () => undefined,
    );
  return (
    <Dialog opened onClose={onClose} title={room.name}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name of the room"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={64}
            required
            data-autofocus
          />
          {!empty && (
            <Text size="sm" c="dimmed">
              A room can be removed once nothing is switched in it.
            </Text>
          )}
          <FormTrouble error={rename.error ?? remove.error} />
          <Group justify="space-between">
            <Button
              variant="default"
              c="var(--mantine-color-error)"
              disabled={!empty}
              loading={remove.isPending}
              onClick={drop}
            >
              Remove room
            </Button>
            <Button type="submit" loading={rename.isPending} disabled={name.trim() === ""}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
