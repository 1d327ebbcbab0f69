import { Button } from "@mantine/core";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { ago } from "@/lib/time";
import { Empty } from "@/ui/Empty";
import { Presence } from "@/ui/Presence";
import { TextLink } from "@/ui/TextLink";

import type { Member } from "./fleet";
import classes from "./Members.module.css";

const MOST_SHOWN = 100;

export function Members({ members }: { members: readonly Member[] }) {
  const now = useServerNow(10_000);
  const [more, setMore] = useState(1);
  const shown = members.slice(0, more * MOST_SHOWN);
  if (members.length === 0) return <Empty title="No device is like that" />;
  return (
    <>
      <ul className={classes.members} aria-label="Who runs what">
        {shown.map(({ device, board, version, behind }) => (
          <li key={device.id}>
            <div className={classes.name}>
              <TextLink to="/devices/$deviceId/updates" params={{ deviceId: device.id }}>
                {device.name}
              </TextLink>
              {device.groups.length > 0 && <span className={classes.groups}>{device.groups.join(", ")}</span>}
            </div>
            <div className={classes.version}>
              {version ?? "version not known"}
              {behind !== null && <span className={classes.behind}>behind: {behind} is out</span>}
            </div>
            <div className={classes.board}>{board ?? "board not known"}</div>
            <div className={classes.seen}>
              <Presence
                online={device.online}
                text={
                  device.online
                    ? "Online"
                    : device.last_seen_at === null
                      ? "Never heard of"
                      : ago(device.last_seen_at, now)
                }
              />
            </div>
          </li>
        ))}
      </ul>
      {members.length > shown.length && (
        <Button variant="default" size="xs" mt="sm" onClick={() => setMore(more + 1)}>
          Show more ({members.length - shown.length} left)
        </Button>
      )}
    </>
  );
}
