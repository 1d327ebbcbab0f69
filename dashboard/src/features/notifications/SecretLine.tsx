import { Button, Stack, Text } from "@mantine/core";

import { CopyLine } from "@/ui/CopyLine";

/** The secret of a webhook, which the server never says again. */
export function SecretLine({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <Stack>
      <Text size="sm">
        Each message is signed with this secret, in the header <code>Ohmstead-Signature</code>. Put it into
        the receiver now: <strong>it is shown only once</strong>.
      </Text>
      <CopyLine text={secret} label="signature secret" />
      <Button onClick={onDone} ml="auto">
        Done
      </Button>
    </Stack>
  );
}
