import { Stack, Text } from "@mantine/core";

import { CopyLine } from "./CopyLine";

/** A credential that the server will not say again. */
export function SecretOnce({ token, what }: { token: string; what: string }) {
  return (
    <Stack gap={6}>
      <Text size="sm">
        This is the {what}. Put it into the device now: <strong>it is shown only once</strong> and is not kept
        in a readable form.
      </Text>
      <CopyLine text={token} label={what} />
      {!window.isSecureContext && (
        <Text size="sm" c="dimmed">
          Over plain HTTP the browser does not let a page copy: press Select, then Ctrl+C (⌘C).
        </Text>
      )}
    </Stack>
  );
}
