import { Link } from "@tanstack/react-router";

import { useLink, useNewest } from "@/api/live/useLive";
import type { Device } from "@/api/types";
import { byImportance } from "@/lib/channels";
import { ago } from "@/lib/time";
import { Presence } from "@/ui/Presence";
import { useServerNow } from "@/api/live/clock";

import classes from "./DeviceCard.module.css";
import { LiveFigure } from "./LiveFigure";
import { Trend } from "./Trend";

const SHOWN = 4;

/** One device: whether it is there, and its most telling values. The whole card leads to its page. */
export function DeviceCard({ device }: { device: Device }) {
  const channels = byImportance(device.channels);
  const [first, ...others] = channels.slice(0, SHOWN);
  const stale = useLink().state === "lost" || !device.online;
  return (
    <li className={classes.card}>
      <h3 className={classes.name}>
        <Link to="/devices/$deviceId" params={{ deviceId: device.id }} className={classes.link ?? ""}>
          {device.name}
        </Link>
      </h3>
      <LastSeen device={device} />
      {first === undefined ? (
        <p className={classes.empty}>No value has arrived yet.</p>
      ) : (
        <>
          <div className={classes.lead}>
            <dl>
              <LiveFigure channel={first} size="large" stale={stale} />
            </dl>
            <Trend channel={first} />
          </div>
          {others.length > 0 && (
            <dl className={classes.others}>
              {others.map((channel) => (
                <LiveFigure key={channel.id} channel={channel} stale={stale} />
              ))}
            </dl>
          )}
        </>
      )}
    </li>
  );
}

function LastSeen({ device }: { device: Device }) {
  const now = useServerNow(5_000);
  const newest = useNewest(device.channels.map(({ id }) => id));
  const seen = Math.max(device.last_seen_at ?? 0, newest ?? 0);
  const heard = seen === 0 ? "never heard of" : `last seen ${ago(seen, now)}`;
  return <Presence online={device.online} text={`${device.online ? "Online" : "Offline"}, ${heard}`} />;
}
