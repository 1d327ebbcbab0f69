import { Button, Group, Stack, Text } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useChangeUser } from "@/api/people";
import type { User } from "@/api/types";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { NewPassword } from "@/ui/NewPassword";
import { useToast } from "@/ui/toasts";

/** A new password for somebody who forgot theirs. */
export function ResetPassword({ user }: { user: User }) {
  const [opened, setOpened] = useState(false);
  const [password, setPassword] = useState("");
  const change = useChangeUser();
  const toast = useToast();
  const close = () => {
    setOpened(false);
    setPassword("");
    change.reset();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(
      { id: user.id, password },
      {
        onSuccess: () => {
          close();
          toast({ text: `${user.username} has a new password and has to log in again.` });
        },
      },
    );
  };
  return (
    <>
      <Button
        variant="default"
        aria-label={`Reset password of ${user.username}`}
        onClick={() => setOpened(true)}
      >
        Reset password
      </Button>
      <Dialog opened={opened} onClose={close} title={`New password for ${user.username}`}>
        <form onSubmit={submit}>
          <Stack>
            <Text size="sm" c="dimmed">
              The old password and every open session of {user.username} end at once. Tell them the new one in
              person; they can change it under their account.
            </Text>
            <NewPassword label="New password" value={password} onChange={setPassword} />
            <FormTrouble error={change.error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={change.isPending} disabled={password.length < SHORTEST_PASSWORD}>
                Set password
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </>
  );
}
