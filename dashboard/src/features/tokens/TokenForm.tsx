import { Button, Checkbox, Group, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { devicesQuery } from "@/api/devices";
import { FormTrouble } from "@/ui/FormTrouble";

import { faultsOf, SCOPES, type Wish } from "./scopes";

const LIFETIMES = [
  { value: "", label: "Until it is revoked" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "365", label: "1 year" },
];

const NOTHING: Wish = { name: "", scopes: [], device: null, topics: "", days: null };

interface TokenFormProps {
  busy: boolean;
  error: Error | null;
  onSubmit: (wish: Wish) => void;
}

export function TokenForm({ busy, error, onSubmit }: TokenFormProps) {
  const [wish, setWish] = useState(NOTHING);
  const [tried, setTried] = useState(false);
  const devices = useQuery(devicesQuery).data ?? [];
  const set = (change: Partial<Wish>) => setWish({ ...wish, ...change });
  const faults = faultsOf(wish);
  const shown = tried ? faults : {};
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length === 0) onSubmit(wish);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          description="What uses it, so that you know what stops when you revoke it"
          placeholder="Grafana in the office"
          maxLength={64}
          autoComplete="off"
          required
          data-autofocus
          value={wish.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Checkbox.Group
          label="It may"
          value={[...wish.scopes]}
          onChange={(scopes) => set({ scopes })}
          error={shown.scopes}
        >
          <Stack gap="xs" mt={6}>
            {SCOPES.map(({ value, label, says }) => (
              <Checkbox key={value} value={value} label={label} description={says} />
            ))}
          </Stack>
        </Checkbox.Group>
        {wish.scopes.includes("device") && (
          <NativeSelect
            label="Device"
            data={[
              { value: "", label: "Choose a device" },
              ...devices.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={wish.device ?? ""}
            onChange={(event) => set({ device: event.currentTarget.value || null })}
            error={shown.device}
          />
        )}
        {wish.scopes.includes("mqtt") && (
          <Textarea
            label="Topic filters"
            description="One per line; + stands for one level, # for all that follows"
            placeholder={"home/#\nplant/+/temperature"}
            rows={3}
            spellCheck={false}
            value={wish.topics}
            onChange={(event) => set({ topics: event.currentTarget.value })}
            error={shown.topics}
          />
        )}
        <NativeSelect
          label="Valid for"
          data={LIFETIMES}
          value={wish.days === null ? "" : String(wish.days)}
          onChange={(event) => set({ days: Number(event.currentTarget.value) || null })}
        />
        <FormTrouble error={error} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={wish.name.trim() === ""}>
            Create token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
