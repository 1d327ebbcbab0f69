import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { historyQuery } from "@/api/history";
import type { Channel } from "@/api/types";
import { Sparkline } from "@/ui/Sparkline";

const SPAN_MS = 3_600_000;
const POINTS = 60;
const RENEW_MS = 60_000;

/** The last hour of a gauge as a small curve; nothing for a counter, whose register only climbs. */
export function Trend({ channel }: { channel: Channel }) {
  // Whole minutes, so that a return to the page finds the answer in the cache.
  const [to] = useState(() => Math.ceil(Date.now() / RENEW_MS) * RENEW_MS);
  const { data } = useQuery({
    ...historyQuery([channel.id], to - SPAN_MS, to, POINTS),
    enabled: channel.kind === "gauge",
    staleTime: RENEW_MS,
  });
  const columns = data?.[0];
  if (columns === undefined || columns.t.length < 2) return null;
  return <Sparkline t={columns.t} values={columns.mean} from={to - SPAN_MS} to={to} />;
}
