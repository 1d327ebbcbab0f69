import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useDeleteDevice, useRestoreDevice } from "@/api/devices";
import type { Device } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

export function DeleteDevice({ device }: { device: Device }) {
  const [asking, setAsking] = useState(false);
  const remove = useDeleteDevice();
  const restore = useRestoreDevice();
  const navigate = useNavigate();
  const toast = useToast();
  const confirm = () =>
    remove.mutate(device.id, {
      onSuccess: () => {
        toast({ text: `${device.name} is deleted.`, onUndo: () => restore.mutate(device.id) });
        void navigate({ to: "/" });
      },
    });
  return (
    <>
      <Button variant="default" c="var(--mantine-color-error)" onClick={() => setAsking(true)}>
        Delete device
      </Button>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        onConfirm={confirm}
        title={`Delete ${device.name}?`}
        verb="Delete device and data"
        busy={remove.isPending}
        dangerous
      >
        The device and everything it has recorded will be removed. You can undo it right after.
        <FormTrouble error={remove.error} />
      </Confirm>
    </>
  );
}
