import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { usePutLoadLimit } from "@/api/automation";
import type { LoadLimit } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";

export interface Choice {
  value: string;
  label: string;
}

interface LimitEditorProps {
  /** Null for a new one. */
  limit: LoadLimit | null;
  /** The channels that measure power. */
  choices: readonly Choice[];
  onClose: () => void;
}

const DEFAULTS = { limit_w: 3000, margin_w: 200, over_s: 10, under_s: 60 };
const FIELDS = [
  ["limit_w", "At most (watts)", undefined, 1, 1_000_000],
  [
    "margin_w",
    "Back on with this much room (watts)",
    "Below the limit; keeps it from switching to and fro",
    0,
    1_000_000,
  ],
  [
    "over_s",
    "Switch off after (seconds above it)",
    "A kettle may be over in a minute; a fuse waits, too",
    0,
    3600,
  ],
  ["under_s", "Back on after (seconds with room)", undefined, 0, 86_400],
] as const;

export function LimitEditor({ limit, choices, onClose }: LimitEditorProps) {
  const [channel, setChannel] = useState(limit?.channel_id ?? choices[0]?.value ?? "");
  const [numbers, setNumbers] = useState<Record<keyof typeof DEFAULTS, string>>(() => {
    const { limit_w, margin_w, over_s, under_s } = limit ?? DEFAULTS;
    return {
      limit_w: String(limit_w),
      margin_w: String(margin_w),
      over_s: String(over_s),
      under_s: String(under_s),
    };
  });
  const put = usePutLoadLimit();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = {
      channel_id: channel,
      limit_w: Number(numbers.limit_w),
      margin_w: Number(numbers.margin_w),
      over_s: Number(numbers.over_s),
      under_s: Number(numbers.under_s),
      enabled: limit?.enabled ?? true,
    };
    put.mutate({ id: limit?.id ?? null, body }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={limit === null ? "New load limit" : "Load limit"} keep>
      <form onSubmit={submit}>
        <Stack>
          <NativeSelect
            label="Meter"
            description="Its power is what counts: best the one of the whole connection"
            data={[...choices]}
            value={channel}
            onChange={(event) => setChannel(event.currentTarget.value)}
          />
          {FIELDS.map(([field, label, description, min, max]) => (
            <TextInput
              key={field}
              type="number"
              label={label}
              description={description}
              min={min}
              max={max}
              step="any"
              required
              value={numbers[field]}
              onChange={(event) => setNumbers({ ...numbers, [field]: event.currentTarget.value })}
            />
          ))}
          <FormTrouble error={put.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={put.isPending} disabled={channel === ""}>
              Save limit
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
