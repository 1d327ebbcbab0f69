import { useServerNow } from "@/api/live/clock";
import { useLink, useLiveValue, useNewest } from "@/api/live/useLive";
import type { Channel, Device } from "@/api/types";
import { byImportance, channelLabel, readingOf } from "@/lib/channels";
import { ago, clock } from "@/lib/time";
import { Figure } from "@/ui/Figure";
import { Presence } from "@/ui/Presence";

import classes from "./BigNumbers.module.css";

const SHOWN = 4;

/** What the device says right now, large; and how old that is. */
export function BigNumbers({ device }: { device: Device }) {
  const now = useServerNow(1_000);
  const link = useLink();
  const newest = useNewest(device.channels.map(({ id }) => id));
  const seen = Math.max(device.last_seen_at ?? 0, newest ?? 0);
  const stale = link.state === "lost" || !device.online;
  return (
    <div>
      <Presence
        online={device.online}
        text={`${device.online ? "Online" : "Offline"}, ${seen === 0 ? "never heard of" : `last seen ${ago(seen, now)}`}`}
      />
      {device.channels.length > 0 && (
        <dl className={classes.numbers}>
          {byImportance(device.channels)
            .slice(0, SHOWN)
            .map((channel) => (
              <BigNumber key={channel.id} channel={channel} stale={stale} now={now} />
            ))}
        </dl>
      )}
    </div>
  );
}

function BigNumber({ channel, stale, now }: { channel: Channel; stale: boolean; now: number }) {
  const live = useLiveValue(channel.id);
  const at = live?.[0] ?? channel.last?.t;
  const reading = readingOf(channel, live?.[1] ?? channel.last?.value);
  const note = stale && at !== undefined ? `as of ${clock(at, now)}` : null;
  return <Figure label={channelLabel(channel)} {...reading} size="large" stale={stale} note={note} />;
}
