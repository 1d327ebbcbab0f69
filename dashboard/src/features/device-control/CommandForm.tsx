import { Button, Group, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useIssueCommand } from "@/api/control";
import type { Device, Offer } from "@/api/types";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

import { ArgumentField } from "./ArgumentField";
import { type Argument, argumentsOf, faultOf, valueOf } from "./args";

// Offers that are no orders: what these say goes with the desired state.
const KEPT = new Set(["policies", "schedules"]);
const TTL = [
  { value: "60", label: "1 minute" },
  { value: "600", label: "10 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "86400", label: "1 day" },
];

/** A form for what the device said it understands; a device that said nothing is sent what one writes. */
export function CommandForm({ device, offers }: { device: Device; offers: readonly Offer[] | null }) {
  const known = (offers ?? []).filter(({ name }) => !KEPT.has(name));
  const [picked, setPicked] = useState(known[0]?.name ?? "");
  const offer = known.find(({ name }) => name === picked);
  if (offers !== null && known.length === 0)
    return (
      <Text c="dimmed" size="sm">
        The device announced no command.
      </Text>
    );
  return (
    <Stack>
      {known.length > 0 && (
        <NativeSelect
          label="Command"
          description="What the device announced when it started"
          data={known.map(({ name }) => name)}
          value={picked}
          onChange={(event) => setPicked(event.currentTarget.value)}
          maw={420}
        />
      )}
      {offer === undefined || offer.args === null ? (
        <FreeForm key={picked} device={device} name={offer?.name ?? null} />
      ) : (
        <OfferForm key={picked} device={device} name={offer.name} args={argumentsOf(offer.args)} />
      )}
    </Stack>
  );
}

interface SendProps {
  device: Device;
  name: string;
  args: Record<string, unknown>;
  fault: string | null;
  onSent: () => void;
}

/** How long it may wait, why, and off it goes. */
function Send({ device, name, args, fault, onSent }: SendProps) {
  const [ttl, setTtl] = useState("60");
  const [reason, setReason] = useState("");
  const issue = useIssueCommand();
  const toast = useToast();
  const send = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const order = {
      device: device.id,
      name,
      args,
      ttl_s: Number(ttl),
      ...(reason.trim() ? { reason: reason.trim() } : {}),
    };
    issue.mutate(order, {
      onSuccess: () => {
        onSent();
        toast({ text: `${name} is on its way to ${device.name}.` });
      },
    });
  };
  return (
    <form onSubmit={send}>
      <Stack>
        <Group align="flex-end" grow maw={620}>
          <NativeSelect
            label="May begin within"
            data={TTL}
            value={ttl}
            onChange={(event) => setTtl(event.currentTarget.value)}
          />
          <TextInput
            label="Why (optional)"
            maxLength={200}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Group>
        <FormTrouble error={issue.error} />
        <Group>
          <Button type="submit" loading={issue.isPending} disabled={fault !== null}>
            Send {name}
          </Button>
          <Text size="sm" c="dimmed" role="status">
            {fault}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function OfferForm({ device, name, args }: { device: Device; name: string; args: readonly Argument[] }) {
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const fault = args.map((one) => faultOf(one, typed[one.key] ?? "")).find((found) => found !== null) ?? null;
  const values = Object.fromEntries(
    args.flatMap((one) => {
      const value = valueOf(one, typed[one.key] ?? "");
      return value === undefined ? [] : [[one.key, value]];
    }),
  );
  return (
    <Stack maw={620}>
      {args.map((one) => (
        <ArgumentField
          key={one.key}
          argument={one}
          typed={typed[one.key] ?? ""}
          onTyped={(text) => setTyped({ ...typed, [one.key]: text })}
        />
      ))}
      <Send device={device} name={name} args={values} fault={fault} onSent={() => setTyped({})} />
    </Stack>
  );
}

/** For a device that never said what it can, or not what a command takes. */
function FreeForm({ device, name }: { device: Device; name: string | null }) {
  const [written, setWritten] = useState("");
  const [json, setJson] = useState("");
  const [args, fault] = read(json);
  const chosen = name ?? written.trim();
  return (
    <Stack maw={620}>
      {name === null && (
        <TextInput
          label="Command"
          description="The device has not said what it understands"
          maxLength={64}
          spellCheck={false}
          autoComplete="off"
          value={written}
          onChange={(event) => setWritten(event.currentTarget.value)}
        />
      )}
      <Textarea
        label="Arguments (optional)"
        description="A JSON object"
        placeholder="{}"
        rows={2}
        spellCheck={false}
        value={json}
        onChange={(event) => setJson(event.currentTarget.value)}
      />
      <Send
        device={device}
        name={chosen}
        args={args}
        fault={chosen === "" ? "Name the command." : fault}
        onSent={() => setJson("")}
      />
    </Stack>
  );
}

function read(json: string): [Record<string, unknown>, string | null] {
  if (json.trim() === "") return [{}, null];
  try {
    const found: unknown = JSON.parse(json);
    if (found !== null && typeof found === "object" && !Array.isArray(found))
      return [found as Record<string, unknown>, null];
  } catch {
    // said below
  }
  return [{}, "The arguments are no JSON object."];
}
