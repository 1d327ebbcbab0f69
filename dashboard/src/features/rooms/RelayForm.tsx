import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { shadowQuery } from "@/api/control";
import { useAddOutput } from "@/api/outputs";
import type { Device, Output, Room } from "@/api/types";
import { humanise } from "@/lib/channels";
import { Await } from "@/ui/Await";
import { FormTrouble } from "@/ui/FormTrouble";

import { AddButton, NameField } from "./AddFields";
import { keysOffered } from "./offered";

const OTHER_KEY = "";

interface RelayFormProps {
  room: Room;
  device: Device;
  outputs: readonly Output[];
  onClose: () => void;
}

/** An output of a native device, by the key it announced. */
export function RelayForm({ room, device, outputs, onClose }: RelayFormProps) {
  const shadow = useQuery(shadowQuery(device.id));
  return (
    <Await query={shadow} what="what it can switch">
      {(known) => (
        <KeyedForm room={room} device={device} keys={keysOffered(device, known, outputs)} onClose={onClose} />
      )}
    </Await>
  );
}

interface KeyedFormProps {
  room: Room;
  device: Device;
  keys: readonly string[];
  onClose: () => void;
}

function KeyedForm({ room, device, keys, onClose }: KeyedFormProps) {
  const [picked, setPicked] = useState(keys[0] ?? OTHER_KEY);
  const [typed, setTyped] = useState("");
  const [name, setName] = useState<string | null>(null);
  const add = useAddOutput();
  const key = picked === OTHER_KEY ? typed.trim() : picked;
  const shownName = name ?? (key === "" || key === "relay" ? device.name : humanise(key));
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(
      { name: shownName.trim(), room_id: room.id, device_id: device.id, ...(key === "" ? {} : { key }) },
      { onSuccess: onClose },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {keys.length > 0 && (
          <NativeSelect
            label="Output"
            description="What the device said it can switch"
            data={[
              ...keys.map((offered) => ({ value: offered, label: offered })),
              { value: OTHER_KEY, label: "Another one …" },
            ]}
            value={picked}
            onChange={(event) => setPicked(event.currentTarget.value)}
          />
        )}
        {picked === OTHER_KEY && (
          <TextInput
            label="What the device calls it"
            description={
              keys.length === 0
                ? "The device has not said yet what it can switch; often it is “relay”"
                : undefined
            }
            placeholder="relay"
            maxLength={64}
            spellCheck={false}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <NameField name={shownName} onName={setName} />
        <FormTrouble error={add.error} />
        <AddButton busy={add.isPending} />
      </Stack>
    </form>
  );
}
