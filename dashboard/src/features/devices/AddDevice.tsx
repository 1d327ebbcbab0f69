import { Alert, Button, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useAddDevice, useAddHome } from "@/api/devices";
import { Dialog } from "@/ui/Dialog";
import { SecretOnce } from "@/ui/SecretOnce";

import { SendFirst } from "./SendFirst";

const HINTS = {
  own: "For devices that speak Ohmstead's own language and sign in with a token. Existing meters need no adding: they appear by themselves.",
  home: "For home panels that answer under an address of their own, as they are: the server asks them there. They must be in its network and have no token.",
};

/** Makes a device that will sign in with a token of its own, shown once; or a home panel, which is asked. */
export function AddDevice({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [kind, setKind] = useState<keyof typeof HINTS>("own");
  const add = useAddDevice();
  const addHome = useAddHome();
  const close = () => {
    onClose();
    add.reset();
    addHome.reset();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = (form.get("name") as string).trim();
    const device = { serial: (form.get("serial") as string).trim(), ...(name ? { name } : {}) };
    if (kind === "own") add.mutate(device);
    else addHome.mutate({ ...device, address: (form.get("address") as string).trim() }, { onSuccess: close });
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={add.data ? "Device added" : "Add device"}
      size="lg"
      keep={add.data !== undefined}
    >
      {add.data?.token ? (
        <Stack>
          <SecretOnce token={add.data.token} what={`token of ${add.data.device.serial}`} />
          <SendFirst serial={add.data.device.serial} token={add.data.token} />
          <Button onClick={close}>Done</Button>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <SegmentedControl
              aria-label="Kind of device"
              data={[
                { value: "own", label: "With a token" },
                { value: "home", label: "Home panel" },
              ]}
              value={kind}
              onChange={setKind}
            />
            <Text size="sm" c="dimmed">
              {HINTS[kind]}
            </Text>
            {kind === "home" && (
              <TextInput
                label="Address"
                name="address"
                description="Host, or host:port if it is not 80"
                placeholder="192.168.1.20"
                maxLength={260}
                autoComplete="off"
                spellCheck={false}
                required
              />
            )}
            <TextInput
              label="Serial"
              name="serial"
              description="Letters, digits and . _ : - (at most 64)"
              pattern="[A-Za-z0-9._:\-]{1,64}"
              autoComplete="off"
              spellCheck={false}
              required
              data-autofocus
            />
            <TextInput label="Name (optional)" name="name" placeholder="Kitchen" autoComplete="off" />
            {(add.error ?? addHome.error) && (
              <Alert color="red" role="alert">
                {(add.error ?? addHome.error)?.message}
              </Alert>
            )}
            <Group justify="flex-end">
              <Button type="submit" loading={add.isPending || addHome.isPending}>
                Add device
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
