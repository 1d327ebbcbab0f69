import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";

import { ForceTrace } from "@/lib/trace";

import { labKeys } from "../lab";
import { type ForceLink, ForceSocket, type LiveChannel } from "./socket";

/** The page's own clock in µs: what the trace is told. */
export const nowUs = (): number => performance.now() * 1000;

export interface Force {
  /** Filled as frames come, without a new rendering. */
  trace: ForceTrace;
  link: ForceLink;
  /** What the server sends of, with today's units. */
  live: readonly LiveChannel[];
}

/** Every sample of these channels, as long as the component is on the page. `renew`: asked again when it changes. */
export function useForce(channels: readonly string[], renew: unknown = null): Force {
  const cache = useQueryClient();
  const wanted = channels.join();
  // A new calibration changes the unit, and what was in the old one must not stand beside it.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const trace = useMemo(() => new ForceTrace(wanted === "" ? [] : wanted.split(",")), [wanted, renew]);
  const [link, setLink] = useState<ForceLink>("connecting");
  const [live, setLive] = useState<readonly LiveChannel[]>([]);
  useEffect(() => {
    if (trace.channels.length === 0) return;
    const socket = new ForceSocket(trace.channels, {
      onLink: setLink,
      onChannels: setLive,
      onColumns: (columns) => trace.take(columns, nowUs()),
      onTrial: (recording) => {
        void cache.invalidateQueries({ queryKey: labKeys.recording(recording) });
        void cache.invalidateQueries({ queryKey: labKeys.recordings });
      },
    });
    socket.open();
    return () => socket.close();
  }, [trace, cache]);
  return { trace, link, live };
}
