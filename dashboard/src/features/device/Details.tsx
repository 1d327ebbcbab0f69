import type { Device } from "@/api/types";
import { humanise } from "@/lib/channels";
import { dateTime } from "@/lib/time";
import { dialectName } from "@/lib/dialects";
import { Facts } from "@/ui/Facts";
import { Section } from "@/ui/Section";

const LOSSES = "Nothing is dropped in silence: what a device sent and could not be stored is counted here.";

/** What is known about the device itself. */
export function Details({ device }: { device: Device }) {
  const facts: [string, string][] = [
    ["Serial", device.serial],
    ["Speaks", dialectName(device.dialect)],
    ["Signs in", device.owns_token ? "with its own token" : "without credentials, from allowed networks"],
    ["Last seen", device.last_seen_at === null ? "never" : dateTime(device.last_seen_at)],
    ...Object.entries(device.details).map(([key, value]): [string, string] => [humanise(key), value]),
    ["Samples refused", device.rejected.toLocaleString()],
    ["Samples with a doubtful time", device.clock_flagged.toLocaleString()],
  ];
  return (
    <Section title="About this device" hint={device.rejected + device.clock_flagged > 0 ? LOSSES : undefined}>
      <Facts facts={facts} />
    </Section>
  );
}
