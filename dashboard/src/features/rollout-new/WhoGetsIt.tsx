import { Checkbox, NativeSelect, ScrollArea, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Device, Release } from "@/api/types";
import { groupsOf } from "@/lib/groups";
import { boardOf, versionOf } from "@/lib/updates";
import { Section } from "@/ui/Section";

import { type Choice, distinct, type Selection } from "./plan";

const LIST_PX = 260;
const MOST_LISTED = 200;
const CHOICES: readonly { value: Choice; label: string }[] = [
  { value: "all", label: "All" },
  { value: "group", label: "Group" },
  { value: "board", label: "Board" },
  { value: "version", label: "Version" },
  { value: "named", label: "Chosen" },
];

interface WhoGetsItProps {
  release: Release;
  /** Devices that could take it. */
  found: readonly Device[];
  selection: Selection;
  onChange: (selection: Selection) => void;
}

export function WhoGetsIt({ release, found, selection, onChange }: WhoGetsItProps) {
  const groups = groupsOf(found);
  const boards = distinct(found, boardOf);
  const versions = distinct(found, versionOf).filter((version) => version !== release.version);
  const set = (change: Partial<Selection>) => onChange({ ...selection, ...change });
  const choose = (choice: Choice) =>
    set({
      choice,
      group: selection.group || (groups[0] ?? ""),
      board: selection.board || (boards[0] ?? ""),
      version: selection.version || (versions[0] ?? ""),
    });
  return (
    <Section title="Who gets it">
      <Stack>
        <SegmentedControl
          aria-label="Which devices"
          value={selection.choice}
          onChange={(choice) => choose(choice)}
          data={[...CHOICES]}
        />
        {selection.choice === "group" && groups.length > 0 && (
          <NativeSelect
            label="Group"
            description="Those in it that say they are of a fitting board and run another version."
            value={selection.group}
            data={groups}
            onChange={(event) => set({ group: event.currentTarget.value })}
          />
        )}
        {selection.choice === "group" && groups.length === 0 && (
          <Text size="sm" c="dimmed">
            No device that could take this is in a group. Groups are given on the settings page of a device.
          </Text>
        )}
        {selection.choice === "board" && (
          <NativeSelect
            label="Board"
            value={selection.board}
            data={boards}
            onChange={(event) => set({ board: event.currentTarget.value })}
          />
        )}
        {selection.choice === "version" && (
          <NativeSelect
            label="Version they run now"
            value={selection.version}
            data={versions}
            onChange={(event) => set({ version: event.currentTarget.value })}
          />
        )}
        {selection.choice === "named" && (
          <Named found={found} named={selection.named} onChange={(named) => set({ named })} />
        )}
        {selection.choice === "all" && (
          <Text size="sm" c="dimmed">
            Every device that says it is {release.boards.join(" or ")} and runs another version. Devices that
            do not say which board they are have to be chosen one by one.
          </Text>
        )}
      </Stack>
    </Section>
  );
}

interface NamedProps {
  found: readonly Device[];
  named: readonly string[];
  onChange: (ids: string[]) => void;
}

function Named({ found, named, onChange }: NamedProps) {
  const [wanted, setWanted] = useState("");
  const fits = ({ name, serial }: Device) => `${name} ${serial}`.toLowerCase().includes(wanted.toLowerCase());
  const shown = found.filter(fits).slice(0, MOST_LISTED);
  if (found.length === 0) return <Text size="sm">No claimed device could take this release.</Text>;
  return (
    <>
      {found.length > 10 && (
        <TextInput
          label="Find a device"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      <Checkbox.Group label="Devices" value={[...named]} onChange={onChange}>
        <ScrollArea.Autosize mah={LIST_PX} mt="xs" type="auto">
          <Stack gap={8} p={3}>
            {shown.map((device) => (
              <Checkbox
                key={device.id}
                value={device.id}
                label={device.name}
                description={`${versionOf(device) ?? "version unknown"}${device.online ? "" : ", offline"}`}
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Checkbox.Group>
    </>
  );
}
