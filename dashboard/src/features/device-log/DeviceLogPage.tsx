import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useLayoutEffect, useRef, useState } from "react";

import { deviceLogQuery } from "@/api/control";
import { deviceQuery } from "@/api/devices";
import { useServerNow } from "@/api/live/clock";
import { useMayOperate } from "@/api/session";
import type { LogLine } from "@/api/types";
import { clock } from "@/lib/time";
import { Await } from "@/ui/Await";
import { DeviceFrame } from "@/ui/DeviceFrame";
import { Empty } from "@/ui/Empty";
import { Section } from "@/ui/Section";

import classes from "./DeviceLogPage.module.css";

const HINT =
  "The last 500 lines, as they come. The server keeps them in memory only: after its restart they begin anew.";

/** What the device tells of itself in words. */
export function DeviceLogPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/log" });
  const device = useQuery(deviceQuery(deviceId));
  const log = useQuery(deviceLogQuery(deviceId));
  return (
    <DeviceFrame deviceId={deviceId} query={device} settings={useMayOperate()}>
      {() => (
        <Section title="Log" hint={HINT}>
          <Await query={log} what="the log">
            {(lines) =>
              lines.length === 0 ? (
                <Empty title="The device has said nothing yet">
                  Lines appear here as soon as its firmware sends some.
                </Empty>
              ) : (
                <Lines lines={lines} />
              )
            }
          </Await>
        </Section>
      )}
    </DeviceFrame>
  );
}

// Whoever is this near to the end wants to see what comes.
const NEAR_PX = 40;

function Lines({ lines }: { lines: readonly LogLine[] }) {
  const [wanted, setWanted] = useState("");
  const frame = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const now = useServerNow(60_000);
  const shown =
    wanted === "" ? lines : lines.filter(({ text }) => text.toLowerCase().includes(wanted.toLowerCase()));
  useLayoutEffect(() => {
    if (following.current && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [shown]);
  return (
    <>
      <TextInput
        label="Only lines with"
        maw={320}
        mb="sm"
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      <div
        ref={frame}
        className={classes.lines}
        role="log"
        aria-label="Log of the device"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          following.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
        }}
      >
        {shown.map((line) => (
          <p key={`${line.number} ${line.at}`}>
            <time dateTime={new Date(line.at).toISOString()}>{clock(line.at, now)}</time> {line.text}
          </p>
        ))}
        {shown.length === 0 && <p>No line has “{wanted}” in it.</p>}
      </div>
    </>
  );
}
