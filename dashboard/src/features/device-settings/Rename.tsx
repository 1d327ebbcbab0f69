import { Button, Group, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useRenameDevice } from "@/api/devices";
import type { Device } from "@/api/types";
import { useToast } from "@/ui/toasts";

export function Rename({ device }: { device: Device }) {
  const [name, setName] = useState(device.name);
  const rename = useRenameDevice();
  const toast = useToast();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate(
      { id: device.id, name: name.trim() },
      { onSuccess: () => toast({ text: "The name is changed." }) },
    );
  };
  const unchanged = name.trim() === "" || name.trim() === device.name;
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          label="Name"
          value={name}
          maxLength={64}
          onChange={(event) => setName(event.currentTarget.value)}
          error={rename.error?.message}
        />
        <Button type="submit" variant="default" disabled={unchanged} loading={rename.isPending}>
          Rename
        </Button>
      </Group>
    </form>
  );
}
