import { Button, Stack, Text } from "@mantine/core";

import { useInvite } from "@/api/people";
import { CopyLine } from "@/ui/CopyLine";
import { Dialog } from "@/ui/Dialog";

import { joinLink } from "./invite";
import { InviteForm } from "./InviteForm";

/** Makes a link that lets one person in, and shows it once. */
export function Invite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const invite = useInvite();
  const close = () => {
    onClose();
    invite.reset();
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={invite.data ? "The invitation is ready" : "Invite by link"}
      size="lg"
      keep={invite.data !== undefined}
    >
      {invite.data ? (
        <Stack>
          <Text size="sm">
            Send this link to the person you invite. Whoever opens it first becomes that user, so send it in
            private. <strong>It is shown only once</strong>, works once, and ends after 7 days.
          </Text>
          <CopyLine text={joinLink(location.origin, invite.data.token)} label="invitation link" />
          <Text size="sm" c="dimmed">
            They must be able to reach {location.host}: from outside this network the link may not open.
          </Text>
          <Button onClick={close}>Done</Button>
        </Stack>
      ) : (
        <InviteForm
          busy={invite.isPending}
          error={invite.error}
          onSubmit={(wanted) => invite.mutate(wanted)}
        />
      )}
    </Dialog>
  );
}
