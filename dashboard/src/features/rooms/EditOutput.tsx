import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { devicesQuery } from "@/api/devices";
import { useChangeOutput, useRemoveOutput } from "@/api/outputs";
import type { Device, Output, OutputOptions, Room } from "@/api/types";
import { channelLabel } from "@/lib/channels";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

interface EditOutputProps {
  output: Output;
  rooms: readonly Room[];
  onClose: () => void;
}

const POLICIES: { value: OutputOptions["boot"]; label: string }[] = [
  { value: "keep", label: "What it was" },
  { value: "off", label: "Off" },
  { value: "on", label: "On" },
];

const AUTOMATIC = "auto";
const NONE = "none";

/** The channels of all devices that measure power, those of this output's device first. */
function powerChannels(devices: readonly Device[], own: string): { value: string; label: string }[] {
  const powers = devices.flatMap((device) =>
    device.channels.filter(({ quantity }) => quantity === "power").map((channel) => ({ device, channel })),
  );
  return powers
    .toSorted((a, b) => Number(b.device.id === own) - Number(a.device.id === own))
    .map(({ device, channel }) => ({ value: channel.id, label: `${device.name}: ${channelLabel(channel)}` }));
}

/** Name, place, proof and policies of an output. */
export function EditOutput({ output, rooms, onClose }: EditOutputProps) {
  const devices = useQuery(devicesQuery);
  const [name, setName] = useState(output.name);
  const [room, setRoom] = useState(output.room_id);
  const [options, setOptions] = useState(output.options);
  const [asking, setAsking] = useState(false);
  const change = useChangeOutput();
  const remove = useRemoveOutput();
  const toast = useToast();
  const set = (part: Partial<OutputOptions>) => setOptions({ ...options, ...part });
  const watched = !options.watches_power ? NONE : (options.power_channel_id ?? AUTOMATIC);
  const watch = (value: string) =>
    set({
      watches_power: value !== NONE,
      power_channel_id: value === NONE || value === AUTOMATIC ? null : value,
    });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate({ id: output.id, name: name.trim(), room_id: room, options }, { onSuccess: onClose });
  };
  const device = devices.data?.find(({ id }) => id === output.device_id);
  return (
    <Dialog opened onClose={onClose} title={output.name}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={64}
            required
          />
          <NativeSelect
            label="Room"
            data={rooms.map(({ id, name: label }) => ({ value: id, label }))}
            value={room}
            onChange={(event) => setRoom(event.currentTarget.value)}
          />
          <NativeSelect
            label="Confirmed by the power of"
            description="It counts as switched once this channel says so, too"
            data={[
              { value: AUTOMATIC, label: "Its own channel, if its device has one" },
              { value: NONE, label: "Nothing: the word of its device is enough" },
              ...powerChannels(devices.data ?? [], output.device_id),
            ]}
            value={watched}
            onChange={(event) => watch(event.currentTarget.value)}
          />
          {options.watches_power && (
            <TextInput
              type="number"
              label="On from (watts)"
              description="Above what an idle meter shows, below the smallest load"
              min={0.1}
              max={100000}
              step="any"
              required
              value={String(options.confirm_w)}
              onChange={(event) => set({ confirm_w: Number(event.currentTarget.value) })}
            />
          )}
          <Group grow align="flex-end">
            <NativeSelect
              label="After a restart of its device"
              data={POLICIES}
              value={options.boot}
              onChange={(event) => set({ boot: event.currentTarget.value as OutputOptions["boot"] })}
            />
            <NativeSelect
              label="When its link is lost"
              data={POLICIES}
              value={options.lost_link}
              onChange={(event) =>
                set({ lost_link: event.currentTarget.value as OutputOptions["lost_link"] })
              }
            />
          </Group>
          {options.lost_link !== "keep" && (
            <TextInput
              type="number"
              label="Lost after (seconds)"
              min={1}
              max={86400}
              required
              value={String(options.lost_link_s)}
              onChange={(event) => set({ lost_link_s: Number(event.currentTarget.value) })}
            />
          )}
          <TextInput
            type="number"
            label="Place in the order of the load limit"
            description="The lowest number is switched off first; empty: never"
            min={0}
            max={1000}
            value={options.priority ?? ""}
            onChange={(event) =>
              set({ priority: event.currentTarget.value === "" ? null : Number(event.currentTarget.value) })
            }
          />
          <Text size="sm" c="dimmed">
            Its device is {device?.name ?? "…"}, which calls it “{output.key}”.
          </Text>
          <FormTrouble error={change.error} />
          <Group justify="space-between">
            <Button variant="default" c="var(--mantine-color-error)" onClick={() => setAsking(true)}>
              Remove
            </Button>
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
      <Confirm
        opened={asking}
        title={`Remove ${output.name}?`}
        verb="Remove"
        dangerous
        busy={remove.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          // The card takes this dialog along, and callbacks of the dialog with it.
          void remove.mutateAsync(output.id).then(
            () => toast({ text: `${output.name} is removed.` }),
            () => undefined,
          )
        }
      >
        It leaves its room, its scenes and its schedules. Its device stays, and so does what that has
        recorded.
        <FormTrouble error={remove.error} />
      </Confirm>
    </Dialog>
  );
}
