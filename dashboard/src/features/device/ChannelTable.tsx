import { Table } from "@mantine/core";

import { useServerNow } from "@/api/live/clock";
import { useLiveValue } from "@/api/live/useLive";
import type { Channel, Device } from "@/api/types";
import { byImportance, channelLabel, humanise, readingOf } from "@/lib/channels";
import { ago } from "@/lib/time";
import { Section } from "@/ui/Section";
import { WideTable } from "@/ui/WideTable";

const KINDS = { gauge: "momentary value", counter: "counts up", state: "state" };

export function ChannelTable({ device }: { device: Device }) {
  const now = useServerNow(5_000);
  if (device.channels.length === 0) return null;
  return (
    <Section title="Channels">
      <WideTable label="Channels" columns={["Channel", "Newest value", "Received", "Quantity", "Kind"]}>
        {byImportance(device.channels).map((channel) => (
          <Row key={channel.id} channel={channel} now={now} />
        ))}
      </WideTable>
    </Section>
  );
}

function Row({ channel, now }: { channel: Channel; now: number }) {
  const live = useLiveValue(channel.id);
  const at = live?.[0] ?? channel.last?.t;
  const { text, unit } = readingOf(channel, live?.[1] ?? channel.last?.value);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {channelLabel(channel)}
      </Table.Th>
      <Table.Td>{`${text} ${unit}`.trim()}</Table.Td>
      <Table.Td>{at === undefined ? "–" : ago(at, now)}</Table.Td>
      <Table.Td>{humanise(channel.quantity)}</Table.Td>
      <Table.Td>{KINDS[channel.kind]}</Table.Td>
    </Table.Tr>
  );
}
