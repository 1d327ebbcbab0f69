import { Button } from "@mantine/core";
import { useState } from "react";

import type { Channel, Device } from "@/api/types";
import { byImportance, channelLabel, humanise } from "@/lib/channels";
import { Dialog } from "@/ui/Dialog";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { ChannelForm } from "./ChannelForm";
import { keepingWords } from "./keeping";

const HINT = "How each value is called and shown, and how long every single sample of it is kept.";

export function Channels({ device }: { device: Device }) {
  return (
    <Section title="Channels" hint={HINT}>
      {device.channels.length === 0 ? (
        <Empty title="There are no channels yet">They appear by themselves with the first values.</Empty>
      ) : (
        <Rows label="Channels">
          {byImportance(device.channels).map((channel) => (
            <ChannelRow key={channel.id} channel={channel} />
          ))}
        </Rows>
      )}
    </Section>
  );
}

function ChannelRow({ channel }: { channel: Channel }) {
  const [opened, setOpened] = useState(false);
  const label = channelLabel(channel);
  const facts = [
    humanise(channel.quantity),
    ...(channel.display_unit === "" ? [] : [`shown in ${channel.display_unit}`]),
    `every sample kept: ${keepingWords(channel.keep_raw_days).toLowerCase()}`,
  ];
  return (
    <Row
      title={label}
      note={facts.join(" · ")}
      actions={
        <>
          <Button variant="default" aria-label={`Edit ${label}`} onClick={() => setOpened(true)}>
            Edit
          </Button>
          <Dialog opened={opened} onClose={() => setOpened(false)} title={`Channel ${label}`}>
            <ChannelForm channel={channel} onDone={() => setOpened(false)} />
          </Dialog>
        </>
      }
    />
  );
}
