import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import { Dialog } from "./Dialog";

interface ConfirmProps {
  opened: boolean;
  title: string;
  children: ReactNode;
  verb: string;
  busy?: boolean;
  dangerous?: boolean;
  /** Something has to be chosen first. */
  disabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once more before something that cannot be taken back. */
export function Confirm({
  opened,
  title,
  children,
  verb,
  busy,
  dangerous,
  disabled = false,
  onConfirm,
  onClose,
}: ConfirmProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <Stack>
        <Text component="div" size="sm">
          {children}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color={dangerous ? "red.8" : undefined}
            loading={busy ?? false}
            disabled={disabled}
            onClick={onConfirm}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
