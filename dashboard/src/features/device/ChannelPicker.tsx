import { Chip } from "@mantine/core";

import type { Channel } from "@/api/types";
import { channelLabel } from "@/lib/channels";

import classes from "./ChannelPicker.module.css";

interface ChannelPickerProps {
  channels: readonly Channel[];
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
}

export function ChannelPicker({ channels, chosen, onChange }: ChannelPickerProps) {
  return (
    <Chip.Group multiple value={[...chosen]} onChange={onChange}>
      <div className={classes.chips} role="group" aria-label="Channels drawn">
        {channels.map((channel) => (
          <Chip key={channel.id} value={channel.id} size="xs" variant="outline">
            {channelLabel(channel)}
          </Chip>
        ))}
      </div>
    </Chip.Group>
  );
}
