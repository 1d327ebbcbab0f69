import { Button, Group, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { addressQuery, useMoveDevice } from "@/api/control";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { Await } from "@/ui/Await";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

const HINT =
  "The server asks this device every few seconds whether it is there, and tells it which lights are on.";

/** Where a device of system 004 is asked. */
export function Address({ device }: { device: Device }) {
  const query = useQuery(addressQuery(device.id));
  const mayOperate = useMayOperate();
  return (
    <Section title="Address" hint={HINT}>
      <Await query={query} what="the address">
        {({ address }) =>
          mayOperate ? <Editor key={address} device={device} address={address} /> : <code>{address}</code>
        }
      </Await>
    </Section>
  );
}

function Editor({ device, address }: { device: Device; address: string }) {
  const [wanted, setWanted] = useState(address);
  const move = useMoveDevice();
  const toast = useToast();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    move.mutate(
      { device: device.id, address: wanted.trim() },
      { onSuccess: () => toast({ text: `${device.name} is asked at ${wanted.trim()} now.` }) },
    );
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end">
        <TextInput
          label="Host or host:port"
          spellCheck={false}
          autoComplete="off"
          required
          maxLength={260}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={move.isPending}
          disabled={wanted.trim() === "" || wanted.trim() === address}
        >
          Move
        </Button>
      </Group>
      <FormTrouble error={move.error} />
    </form>
  );
}
