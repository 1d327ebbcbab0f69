import { Anchor, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import { devicesQuery, useAddHome } from "@/api/devices";
import { outputsQuery, useAddOutput } from "@/api/outputs";
import type { Device, Output, Room } from "@/api/types";
import { Await } from "@/ui/Await";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";

import { AddButton, NameField } from "./AddFields";
import { canSwitch, HOME_CONTROL, likelyFirst, serialOf } from "./offered";
import { RelayForm } from "./RelayForm";

/** A home panel that is not known yet. */
const BY_ADDRESS = "by-address";

/** Puts something a device can switch into a room. */
export function AddOutput({ room, onClose }: { room: Room; onClose: () => void }) {
  const devices = useQuery(devicesQuery);
  const outputs = useQuery(outputsQuery);
  return (
    <Dialog opened onClose={onClose} title={`Add to ${room.name}`}>
      <Await query={devices} what="the devices">
        {(known) => (
          <AddForm
            room={room}
            devices={known.filter(canSwitch).toSorted(likelyFirst)}
            outputs={outputs.data ?? []}
            onClose={onClose}
          />
        )}
      </Await>
    </Dialog>
  );
}

interface AddFormProps {
  room: Room;
  devices: readonly Device[];
  outputs: readonly Output[];
  onClose: () => void;
}

function AddForm({ room, devices, outputs, onClose }: AddFormProps) {
  const [chosen, setChosen] = useState(devices[0]?.id ?? BY_ADDRESS);
  const device = devices.find(({ id }) => id === chosen);
  return (
    <Stack>
      <NativeSelect
        label="Device"
        description="What can be switched: Ohmstead's own devices, and home panels"
        data={[
          ...devices.map(({ id, name, online }) => ({
            value: id,
            label: online ? name : `${name} (offline)`,
          })),
          { value: BY_ADDRESS, label: "A home panel, by its address …" },
        ]}
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      {device === undefined ? (
        <HomeForm room={room} onClose={onClose} />
      ) : device.dialect === HOME_CONTROL ? (
        <LightForm key={chosen} room={room} device={device} onClose={onClose} />
      ) : (
        <RelayForm key={chosen} room={room} device={device} outputs={outputs} onClose={onClose} />
      )}
    </Stack>
  );
}

const LIGHT_HINT = "As on the screen of the device: it knows its lights by the names of room and light.";

/** A home that nobody has told the server of, and its first light. */
function HomeForm({ room, onClose }: { room: Room; onClose: () => void }) {
  const [address, setAddress] = useState("");
  const [name, setName] = useState("");
  const addHome = useAddHome();
  const add = useAddOutput();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const where = address.trim();
    addHome.mutate(
      { serial: serialOf(where), address: where },
      {
        onSuccess: ({ device }) =>
          add.mutate({ name: name.trim(), room_id: room.id, device_id: device.id }, { onSuccess: onClose }),
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Address"
          description="In the network of this server; with :port if it is not 80"
          placeholder="192.168.1.20"
          spellCheck={false}
          autoComplete="off"
          required
          maxLength={260}
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <NameField hint={LIGHT_HINT} name={name} onName={setName} />
        <Text size="sm" c="dimmed">
          Its firmware stays as it is: the server asks it every few seconds whether it is there. Ohmstead's
          own devices are added under{" "}
          <Anchor component={Link} to="/" size="sm" underline="always">
            Devices
          </Anchor>
          .
        </Text>
        <FormTrouble error={addHome.error ?? add.error} />
        <AddButton busy={addHome.isPending || add.isPending} />
      </Stack>
    </form>
  );
}

function LightForm({ room, device, onClose }: { room: Room; device: Device; onClose: () => void }) {
  const [name, setName] = useState("");
  const add = useAddOutput();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate({ name: name.trim(), room_id: room.id, device_id: device.id }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <NameField hint={LIGHT_HINT} name={name} onName={setName} />
        <FormTrouble error={add.error} />
        <AddButton busy={add.isPending} />
      </Stack>
    </form>
  );
}
