import { Button, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { devicesQuery } from "@/api/devices";
import { useReplaceDevice } from "@/api/deviceSettings";
import type { Device } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

/** Another unit took this one's place: its data goes on here. */
export function ReplaceDevice({ device }: { device: Device }) {
  const [asking, setAsking] = useState(false);
  const [by, setBy] = useState("");
  const others = (useQuery(devicesQuery).data ?? []).filter(
    ({ id, state }) => id !== device.id && state !== "refused",
  );
  const replace = useReplaceDevice();
  const toast = useToast();
  const close = () => {
    setAsking(false);
    setBy("");
    replace.reset();
  };
  const confirm = () =>
    replace.mutate(
      { id: device.id, by },
      {
        onSuccess: (carried) => {
          close();
          toast({ text: `${carried.name} goes on with ${carried.serial}.` });
        },
      },
    );
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Replace device
      </Button>
      <Confirm
        opened={asking}
        onClose={close}
        onConfirm={confirm}
        title={`Replace ${device.name}?`}
        verb="Replace"
        busy={replace.isPending}
        disabled={by === ""}
        dangerous
      >
        <Stack>
          <Text size="sm">
            Connect the new unit first and let it send. Then choose it here: {device.name} keeps its name, its
            history and its settings, and goes on with the new unit&apos;s values and credentials. The energy
            counter goes on from where the old unit stopped; what the new one had counted before does not
            appear as consumption.
          </Text>
          {others.length === 0 ? (
            <Text size="sm" fw={600}>
              There is no other device yet. The new unit appears among the devices once it sends.
            </Text>
          ) : (
            <NativeSelect
              label="New unit"
              description="It stops being a device of its own. This cannot be undone."
              data={[
                { value: "", label: "Choose a device" },
                ...others.map(({ id, name, serial }) => ({
                  value: id,
                  label: name === serial ? name : `${name} (${serial})`,
                })),
              ]}
              value={by}
              onChange={(event) => setBy(event.currentTarget.value)}
            />
          )}
          <FormTrouble error={replace.error} />
        </Stack>
      </Confirm>
    </>
  );
}
