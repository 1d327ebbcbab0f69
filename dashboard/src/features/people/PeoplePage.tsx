import "@/ui/forms.css";

import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";

import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";

import { AddUser } from "./AddUser";
import { Invitations } from "./Invitations";
import { Invite } from "./Invite";
import { Users } from "./Users";

/** Who may come in, and what they may see and do. */
export function PeoplePage() {
  const [open, setOpen] = useState<"invite" | "add" | null>(null);
  const close = () => setOpen(null);
  const actions = (
    <Group gap="xs">
      <Button leftSection={<Icon name="plus" />} onClick={() => setOpen("invite")}>
        Invite by link
      </Button>
      <Button variant="default" onClick={() => setOpen("add")}>
        Add with a password
      </Button>
    </Group>
  );
  return (
    <Page title="People" actions={actions}>
      <Stack gap="lg">
        <Users />
        <Invitations />
      </Stack>
      <Invite opened={open === "invite"} onClose={close} />
      <AddUser opened={open === "add"} onClose={close} />
    </Page>
  );
}
