import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useChangeChannel } from "@/api/deviceSettings";
import type { Channel } from "@/api/types";
import { humanise } from "@/lib/channels";
import { unitChoices } from "@/lib/units";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

import { keepingChoices } from "./keeping";

const DECIMALS = Array.from({ length: 10 }, (_, count) => String(count));

interface ChannelFormProps {
  channel: Channel;
  onDone: () => void;
}

export function ChannelForm({ channel, onDone }: ChannelFormProps) {
  const [label, setLabel] = useState(channel.label === channel.key ? "" : channel.label);
  const [decimals, setDecimals] = useState(channel.decimals);
  const [unit, setUnit] = useState(channel.display_unit);
  const [keep, setKeep] = useState(channel.keep_raw_days);
  const change = useChangeChannel();
  const toast = useToast();
  const units = unitChoices(channel.unit);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(
      { id: channel.id, label: label.trim(), decimals, display_unit: unit, keep_raw_days: keep },
      {
        onSuccess: () => {
          onDone();
          toast({ text: "The channel is saved." });
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Label (optional)"
          description={`Instead of “${humanise(channel.key)}”`}
          maxLength={64}
          autoComplete="off"
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
          data-autofocus
        />
        {units.length > 0 && (
          <NativeSelect
            label="Shown in"
            data={[{ value: "", label: "What reads best" }, ...units]}
            value={unit}
            onChange={(event) => setUnit(event.currentTarget.value)}
          />
        )}
        <NativeSelect
          label="Decimals"
          description={
            channel.unit === "" || channel.unit === "1"
              ? "Digits behind the point"
              : `Digits behind the point of a value in ${channel.unit}`
          }
          data={DECIMALS}
          value={String(decimals)}
          onChange={(event) => setDecimals(Number(event.currentTarget.value))}
        />
        <NativeSelect
          label="Keep every sample"
          description="Older ones go; quarter hours, days and energy figures stay for good"
          data={keepingChoices(channel.keep_raw_days)}
          value={keep === null ? "" : String(keep)}
          onChange={(event) => setKeep(Number(event.currentTarget.value) || null)}
        />
        {keep !== channel.keep_raw_days && keep !== null && (
          <Text size="sm" role="status">
            Samples that are older are removed soon after saving. That cannot be undone.
          </Text>
        )}
        <FormTrouble error={change.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
