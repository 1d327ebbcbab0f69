import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useAddUser } from "@/api/people";
import type { Role } from "@/api/types";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { NewPassword } from "@/ui/NewPassword";
import { useToast } from "@/ui/toasts";

import { RoleChoice } from "./RoleChoice";

/** A user made here and now, for those who cannot open a link. */
export function AddUser({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const add = useAddUser();
  const toast = useToast();
  const close = () => {
    onClose();
    setPassword("");
    setRole("viewer");
    add.reset();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const username = (new FormData(event.currentTarget).get("username") as string).trim();
    add.mutate(
      { username, password, role },
      {
        onSuccess: () => {
          close();
          toast({ text: `${username} can log in now.` });
        },
      },
    );
  };
  return (
    <Dialog opened={opened} onClose={close} title="Add a user with a password">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm" c="dimmed">
            You choose the first password. With an invitation by link nobody but its owner ever knows it.
          </Text>
          <TextInput
            label="User name"
            name="username"
            description="Letters, digits and . _ @ + - (at most 64)"
            maxLength={64}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            data-autofocus
          />
          <NewPassword value={password} onChange={setPassword} />
          <RoleChoice value={role} onChange={setRole} />
          <FormTrouble error={add.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={add.isPending} disabled={password.length < SHORTEST_PASSWORD}>
              Add user
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
