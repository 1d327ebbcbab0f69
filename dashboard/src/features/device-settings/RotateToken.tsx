import { Button } from "@mantine/core";
import { useState } from "react";

import { useRotateToken } from "@/api/devices";
import type { Device } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { SecretOnce } from "@/ui/SecretOnce";
import { Trouble } from "@/ui/Trouble";

/** A new token for the device; the old one ends at once. */
export function RotateToken({ device }: { device: Device }) {
  const [asking, setAsking] = useState(false);
  const rotate = useRotateToken();
  const verb = device.owns_token ? "Replace token" : "Give it a token";
  const confirm = () => rotate.mutate(device.id, { onSuccess: () => setAsking(false) });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {verb}
      </Button>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        onConfirm={confirm}
        title={`${verb}?`}
        verb={verb}
        busy={rotate.isPending}
      >
        {device.owns_token
          ? "The present token stops working at once. Until the new one is in the device, its data is not accepted."
          : "From then on data from this device is accepted only with the token."}
        {rotate.error && <Trouble title="No token could be made" error={rotate.error} />}
      </Confirm>
      <Dialog opened={rotate.data !== undefined} onClose={rotate.reset} title="New token" keep>
        {rotate.data && <SecretOnce token={rotate.data.token} what={`token of ${device.serial}`} />}
      </Dialog>
    </>
  );
}
