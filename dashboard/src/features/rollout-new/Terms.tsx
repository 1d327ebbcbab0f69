import { Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { sitesQuery } from "@/api/system";
import { plural } from "@/lib/updates";
import { Section } from "@/ui/Section";

import type { Draft } from "./draft";

interface TermsProps {
  draft: Draft;
  /** How many of the devices run something newer. */
  newer: number;
  version: string;
  onChange: (draft: Draft) => void;
}

/** How careful it is, when it may act, and what it may undo. */
export function Terms({ draft, newer, version, onChange }: TermsProps) {
  const zone = useQuery(sitesQuery).data?.[0]?.zone;
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  return (
    <Section title="Terms">
      <Stack>
        <TextInput
          label="Waves (percent of the devices)"
          description="The first few are the canaries: each wave begins when the one before it went well"
          value={draft.waves}
          onChange={(event) => set({ waves: event.currentTarget.value })}
        />
        <Group align="flex-end" grow preventGrowOverflow={false} wrap="wrap">
          <TextInput
            label="Stop at (percent failed)"
            description="Of the devices of a wave"
            inputMode="decimal"
            miw={200}
            value={draft.threshold}
            onChange={(event) => set({ threshold: event.currentTarget.value })}
          />
          <TextInput
            label="Watch each device for (minutes)"
            description="It counts once it was well this long"
            inputMode="decimal"
            miw={200}
            value={draft.healthyMin}
            onChange={(event) => set({ healthyMin: event.currentTarget.value })}
          />
          <TextInput
            label="Back after a restart within (minutes)"
            description="After that it counts as failed"
            inputMode="decimal"
            miw={200}
            value={draft.returnMin}
            onChange={(event) => set({ returnMin: event.currentTarget.value })}
          />
        </Group>
        <Checkbox
          label="Sensors that read before must read again"
          checked={draft.sensors}
          onChange={(event) => set({ sensors: event.currentTarget.checked })}
        />
        <Checkbox
          label="Only in a maintenance window"
          description={zone === undefined ? undefined : `In the time of the site (${zone})`}
          checked={draft.windowed}
          onChange={(event) => set({ windowed: event.currentTarget.checked })}
        />
        {draft.windowed && (
          <Group>
            <TextInput
              type="time"
              label="From"
              value={draft.start}
              onChange={(event) => set({ start: event.currentTarget.value })}
            />
            <TextInput
              type="time"
              label="To"
              value={draft.end}
              onChange={(event) => set({ end: event.currentTarget.value })}
            />
          </Group>
        )}
        <TextInput
          type="datetime-local"
          label="Deadline (optional)"
          description="It stops then, with whoever has not had it"
          maw={280}
          value={draft.deadline}
          onChange={(event) => set({ deadline: event.currentTarget.value })}
        />
        <Checkbox
          label="Bring newer devices back, too"
          description={
            newer > 0
              ? `${plural(newer, "device runs", "devices run")} something newer than ${version} and ${newer === 1 ? "is" : "are"} left out without this`
              : "No device of these runs anything newer"
          }
          checked={draft.force}
          onChange={(event) => set({ force: event.currentTarget.checked })}
        />
        {draft.force && (
          <TextInput
            label="Why older firmware is wanted"
            description="It is kept with the rollout and in the audit log"
            maxLength={200}
            value={draft.reason}
            onChange={(event) => set({ reason: event.currentTarget.value })}
          />
        )}
      </Stack>
    </Section>
  );
}
