import { Table } from "@mantine/core";

import type { Port } from "@/api/types";
import { Presence } from "@/ui/Presence";
import { Section } from "@/ui/Section";
import { WideTable } from "@/ui/WideTable";

const STATES: Readonly<Record<string, string>> = { open: "Open", skipped: "Skipped", off: "Off" };

/** Where devices and people can reach the server. */
export function Ports({ ports }: { ports: readonly Port[] }) {
  return (
    <Section title="Ports">
      <WideTable label="Ports" columns={["For", "Port", "State", "Detail"]}>
        {ports.map(({ kind, port, state, detail }) => (
          <Table.Tr key={`${kind}:${port}`}>
            <Table.Th scope="row" fw={500}>
              {kind.toUpperCase()}
            </Table.Th>
            <Table.Td>{port}</Table.Td>
            <Table.Td>
              <Presence online={state === "open"} text={STATES[state] ?? state} />
            </Table.Td>
            <Table.Td>{detail}</Table.Td>
          </Table.Tr>
        ))}
      </WideTable>
    </Section>
  );
}
