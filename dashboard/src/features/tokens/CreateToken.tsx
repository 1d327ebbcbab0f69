import { Button, Stack } from "@mantine/core";

import { useServerNow } from "@/api/live/clock";
import { useCreateToken } from "@/api/tokens";
import { Dialog } from "@/ui/Dialog";
import { SecretOnce } from "@/ui/SecretOnce";

import { bodyOf } from "./scopes";
import { TokenForm } from "./TokenForm";

/** Makes a token and shows its secret once. */
export function CreateToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const create = useCreateToken();
  const now = useServerNow(60_000);
  const close = () => {
    onClose();
    create.reset();
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={create.data ? "The token is ready" : "Create token"}
      size="lg"
      keep={create.data !== undefined}
    >
      {create.data ? (
        <Stack>
          <SecretOnce token={create.data.token} what={`token “${create.variables.name}”`} />
          <Button onClick={close}>Done</Button>
        </Stack>
      ) : (
        <TokenForm
          busy={create.isPending}
          error={create.error}
          onSubmit={(wish) => create.mutate(bodyOf(wish, now))}
        />
      )}
    </Dialog>
  );
}
