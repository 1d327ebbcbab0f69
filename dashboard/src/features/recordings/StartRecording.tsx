import { Button, Checkbox, Group, NativeSelect, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import { devicesQuery } from "@/api/devices";
import { useAddRecording } from "@/api/lab";
import { channelLabel } from "@/lib/channels";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

const KINDS = [
  { value: "span", label: "Nothing in particular" },
  { value: "appliance", label: "An electrical appliance (inrush, energy, duty)" },
];

/** Starts a recording of any channels of a device at once. */
export function StartRecording() {
  const search = useSearch({ from: "/inside/recordings" });
  const devices = (useQuery(devicesQuery).data ?? []).filter(({ channels }) => channels.length > 0);
  const add = useAddRecording();
  const toast = useToast();
  const [deviceId, setDevice] = useState(search.device ?? "");
  const [name, setName] = useState("");
  const [kind, setKind] = useState("span");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const device = devices.find(({ id }) => id === deviceId) ?? devices[0];
  const channels = device?.channels ?? [];
  const own = chosen.filter((id) => channels.some((channel) => channel.id === id));
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(
      { kind, name: name.trim(), channels: own, start: { pre_s: 0, above: null, for_s: null } },
      {
        onSuccess: (made) => {
          setName("");
          toast({ text: `${made.name} is being recorded.` });
        },
      },
    );
  };
  return (
    <Section title="Record something" hint="It runs until it is stopped, also when this page is closed.">
      <form onSubmit={submit}>
        <Stack gap="md">
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            <TextInput
              label="Name"
              placeholder="Fridge, a whole day"
              required
              maxLength={64}
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <NativeSelect
              label="Device"
              value={device?.id ?? ""}
              onChange={(event) => setDevice(event.currentTarget.value)}
              data={devices.map(({ id, name: shown }) => ({ value: id, label: shown }))}
            />
            <NativeSelect
              label="What it is about"
              value={kind}
              onChange={(event) => setKind(event.currentTarget.value)}
              data={KINDS}
            />
          </SimpleGrid>
          <Checkbox.Group label="Channels" value={[...own]} onChange={setChosen}>
            <Group gap="md" mt={6}>
              {channels.map((channel) => (
                <Checkbox key={channel.id} value={channel.id} label={channelLabel(channel)} />
              ))}
            </Group>
          </Checkbox.Group>
          <FormTrouble error={add.error} />
          <Group>
            <Button type="submit" loading={add.isPending} disabled={own.length === 0 || name.trim() === ""}>
              Start recording
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
