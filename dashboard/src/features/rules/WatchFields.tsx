import { Checkbox, NativeSelect, Stack } from "@mantine/core";

import type { Channel } from "@/api/types";
import { byImportance, channelLabel, humanise } from "@/lib/channels";
import { type Fault, faultAt } from "@/lib/faults";
import { QUANTITIES } from "@/lib/quantities";

import type { Kind } from "./condition";
import type { Known, Watch } from "./draft";
import classes from "./fields.module.css";
import { asksQuantity, scopesOf, suits } from "./kinds";

const SCOPES: Readonly<Record<Watch["of"], string>> = {
  channel: "one channel",
  device: "everything of one device",
  devices: "some devices",
  all: "every device, also those that come",
};

interface WatchFieldsProps {
  watch: Watch;
  kind: Kind;
  known: Known;
  faults: readonly Fault[];
  onChange: (change: Partial<Watch>) => void;
}

/** What is watched: one channel, a device, or a quantity over many. */
export function WatchFields({ watch, kind, known, faults, onChange }: WatchFieldsProps) {
  const quantity = asksQuantity(kind);
  const devices = known.devices.filter(({ state }) => state === "claimed");
  return (
    <Stack gap="sm">
      <div className={classes.line}>
        <NativeSelect
          label="Watch"
          className={classes.wide ?? ""}
          data={scopesOf(kind).map((value) => ({ value, label: SCOPES[value] }))}
          value={watch.of}
          onChange={(event) => onChange({ of: event.currentTarget.value as Watch["of"] })}
        />
        {watch.of === "channel" && (
          <ChannelSelect
            label="Channel"
            channel={watch.channel}
            kind={kind}
            known={known}
            error={faultAt(faults, "channel_id")}
            onChannel={(channel) => onChange({ channel })}
          />
        )}
        {watch.of === "device" && (
          <NativeSelect
            label="Device"
            className={classes.wide ?? ""}
            data={[
              { value: "", label: "Choose a device" },
              ...devices.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={watch.device}
            error={faultAt(faults, "device_id")}
            onChange={(event) => onChange({ device: event.currentTarget.value })}
          />
        )}
        {watch.of !== "channel" && quantity !== "no" && (
          <NativeSelect
            label="Quantity"
            className={classes.wide ?? ""}
            data={[
              { value: "", label: quantity === "must" ? "Choose what is measured" : "Whatever is measured" },
              ...quantitiesOf(known, kind).map((value) => ({ value, label: humanise(value) })),
            ]}
            value={watch.quantity}
            error={faultAt(faults, "quantity")}
            onChange={(event) => onChange({ quantity: event.currentTarget.value })}
          />
        )}
      </div>
      {watch.of === "devices" && (
        <Checkbox.Group
          label="Devices"
          value={[...watch.devices]}
          error={faultAt(faults, "device_ids")}
          onChange={(chosen) => onChange({ devices: chosen })}
        >
          <Stack gap={8} mt={6}>
            {devices.map(({ id, name }) => (
              <Checkbox key={id} value={id} label={name} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </Stack>
  );
}

/** Quantities that some device measures and the condition can watch, in the usual order. */
function quantitiesOf({ devices }: Known, kind: Kind): string[] {
  const measured = new Set(
    devices.flatMap(({ channels }) => channels.filter((one) => suits(kind, one)).map((one) => one.quantity)),
  );
  return QUANTITIES.filter((quantity) => measured.has(quantity));
}

interface ChannelSelectProps {
  label: string;
  channel: string;
  kind: Kind;
  known: Known;
  error?: string | undefined;
  onChannel: (channel: string) => void;
}

/** Channels by device; one that is gone stays to be seen as such. */
export function ChannelSelect({ label, channel, kind, known, error, onChannel }: ChannelSelectProps) {
  const option = (device: string) => (one: Channel) => ({
    value: one.id,
    label: `${device}: ${channelLabel(one)}`,
  });
  const groups = known.devices
    .filter(({ state }) => state === "claimed")
    .map(({ name, channels }) => ({
      group: name,
      items: byImportance(channels.filter((one) => suits(kind, one))).map(option(name)),
    }))
    .filter(({ items }) => items.length > 0);
  const gone = channel !== "" && known.channel(channel) === undefined;
  return (
    <NativeSelect
      label={label}
      className={classes.wide ?? ""}
      data={[
        { value: "", label: "Choose a channel" },
        ...(gone ? [{ value: channel, label: "A channel that is gone" }] : []),
        ...groups,
      ]}
      value={channel}
      error={error}
      onChange={(event) => onChannel(event.currentTarget.value)}
    />
  );
}
