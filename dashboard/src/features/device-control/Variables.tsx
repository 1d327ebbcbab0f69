import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useVariable } from "@/api/control";
import type { Device } from "@/api/types";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

const NAMES = [
  ["ssid", "Name of the Wi-Fi"],
  ["password", "Password of the Wi-Fi"],
  ["djangoUserName", "User at the server"],
] as const;
const HINT =
  "Kept on the device itself, and shown to administrators only. Reading and writing them is noted in the audit log, what they hold is not.";

/** Settings on the device: read when asked for, forgotten when the page is left. */
export function Variables({ device }: { device: Device }) {
  return (
    <Section title="Settings on the device" hint={HINT}>
      <Stack>
        {NAMES.map(([name, label]) => (
          <Variable key={name} device={device} name={name} label={label} />
        ))}
      </Stack>
    </Section>
  );
}

function Variable({ device, name, label }: { device: Device; name: string; label: string }) {
  const [value, setValue] = useState("");
  const read = useVariable();
  const write = useVariable();
  const toast = useToast();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    write.mutate(
      { device: device.id, name, value },
      { onSuccess: () => toast({ text: `${label}: saved on ${device.name}.` }) },
    );
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <PasswordInput
          label={label}
          autoComplete="off"
          maxLength={256}
          style={{ flex: "1 1 220px", minWidth: 0 }}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": `Show or hide: ${label}`, tabIndex: 0 }}
        />
        <Button
          variant="default"
          aria-label={`Read: ${label}`}
          loading={read.isPending}
          onClick={() =>
            read.mutate({ device: device.id, name }, { onSuccess: (answer) => setValue(answer.value) })
          }
        >
          Read
        </Button>
        <Button
          type="submit"
          variant="default"
          aria-label={`Write: ${label}`}
          loading={write.isPending}
          disabled={value === ""}
        >
          Write
        </Button>
      </Group>
      <FormTrouble error={read.error ?? write.error} />
    </form>
  );
}
