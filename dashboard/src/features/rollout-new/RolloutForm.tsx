import { Button, Group, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import { useServerNow } from "@/api/live/clock";
import type { Device, Release } from "@/api/types";
import { useStartRollout } from "@/api/updates";
import { plural } from "@/lib/updates";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";

import { bodyOf, DEFAULTS, type Draft, faultOf, wavesOf } from "./draft";
import { candidates, planOf, selected, type Selection } from "./plan";
import { PlanView } from "./PlanView";
import { Terms } from "./Terms";
import { WhoGetsIt } from "./WhoGetsIt";

const NOBODY: Selection = { choice: "all", group: "", board: "", version: "", named: [] };

export function RolloutForm({ release, devices }: { release: Release; devices: readonly Device[] }) {
  const found = candidates(devices, release);
  const [selection, setSelection] = useState<Selection>({
    ...NOBODY,
    // A device whose board nobody knows has to be named.
    choice: found.length > 0 && selected(found, release, NOBODY).length === 0 ? "named" : "all",
  });
  const [draft, setDraft] = useState<Draft>(DEFAULTS);
  const now = useServerNow(10_000);
  const start = useStartRollout();
  const navigate = useNavigate();
  const plan = planOf(selected(found, release, selection), release, wavesOf(draft.waves) ?? [], draft.force);
  const fault = faultOf(draft, now) ?? (plan.devices.length === 0 ? "No device would get it." : null);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    start.mutate(
      bodyOf(
        draft,
        release.id,
        plan.devices.map(({ id }) => id),
      ),
      {
        onSuccess: ({ id }) =>
          void navigate({ to: "/updates/rollouts/$rolloutId", params: { rolloutId: id } }),
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <WhoGetsIt release={release} found={found} selection={selection} onChange={setSelection} />
        <Terms draft={draft} newer={plan.newer.length} version={release.version} onChange={setDraft} />
        <Section title="What will happen">
          <Stack>
            <PlanView plan={plan} draft={draft} />
            <FormTrouble error={start.error} />
            <Group justify="space-between">
              <Text size="sm" c="dimmed" role="status">
                {fault}
              </Text>
              <Button type="submit" loading={start.isPending} disabled={fault !== null}>
                {plan.devices.length === 0
                  ? "Start rollout"
                  : `Start rollout to ${plural(plan.devices.length, "device")}`}
              </Button>
            </Group>
          </Stack>
        </Section>
      </Stack>
    </form>
  );
}
