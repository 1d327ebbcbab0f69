import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import type { NewInvitation, Role } from "@/api/types";
import { FormTrouble } from "@/ui/FormTrouble";

import { DeviceChoice } from "./DeviceChoice";
import { sharedWith } from "./invite";
import { RoleChoice } from "./RoleChoice";

interface InviteFormProps {
  busy: boolean;
  error: Error | null;
  onSubmit: (invitation: NewInvitation) => void;
}

export function InviteForm({ busy, error, onSubmit }: InviteFormProps) {
  const [role, setRole] = useState<Role>("viewer");
  const [devices, setDevices] = useState<string[]>([]);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const note = (new FormData(event.currentTarget).get("note") as string).trim();
    onSubmit({ role, note, devices: sharedWith(role, devices) });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          You get a link. Whoever you send it to chooses their own user name and password.
        </Text>
        <TextInput
          label="For whom (optional)"
          name="note"
          description="Only to tell your invitations apart"
          placeholder="Anna, second floor"
          maxLength={64}
          autoComplete="off"
          data-autofocus
        />
        <RoleChoice value={role} onChange={setRole} />
        {role === "viewer" && <DeviceChoice chosen={devices} onChange={setDevices} />}
        <FormTrouble error={error} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            Make the link
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
