import { Anchor, Button, Stack, Text } from "@mantine/core";

import type { SystemInfo } from "@/api/types";
import { CopyLine } from "@/ui/CopyLine";
import { Section } from "@/ui/Section";

/** What an operator reaches for when something is wrong. */
export function WhenWrong({ system }: { system: SystemInfo }) {
  const report = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(system, null, 2))}`;
  return (
    <Section
      title="When something is wrong"
      hint="On the computer that runs the server, in its folder. Neither line stops the server."
      actions={
        <Button component="a" variant="default" size="sm" href={report} download="ohmstead-system.json">
          Save this page as a file
        </Button>
      }
    >
      <Stack gap="sm">
        <Text size="sm">
          Looks at folder, disk, database, clock, ports and certificate, and says what to mend:
        </Text>
        <CopyLine text={`ohmstead doctor --data-dir ${system.room.folder}`} label="doctor line" />
        <Text size="sm">Makes one file of everything, to be kept elsewhere:</Text>
        <CopyLine text={`ohmstead backup --data-dir ${system.room.folder}`} label="backup line" />
        <Text size="sm" c="dimmed">
          For programs that watch: <Anchor href="/healthz">health</Anchor>,{" "}
          <Anchor href="/metrics">figures for Prometheus</Anchor>,{" "}
          <Anchor href="/api/openapi.json">description of the API</Anchor>.
        </Text>
      </Stack>
    </Section>
  );
}
