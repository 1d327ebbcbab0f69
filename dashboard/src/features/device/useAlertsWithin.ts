import { useQuery } from "@tanstack/react-query";

import { alertsWithinQuery } from "@/api/alerts";
import type { Alert } from "@/api/types";

import { edges, type View } from "./span";
import { askedSpan } from "./useChartSeries";

/** Alerts of these channels that were open at some time in view, newest first. */
export function useAlertsWithin(
  device: string,
  channels: readonly string[],
  view: View,
  now: number,
): readonly Alert[] {
  const { data = [] } = useQuery(alertsWithinQuery(device, ...askedSpan(view, now)));
  const [from, to] = edges(view, now);
  return data.filter(
    ({ channel_id: channel, raised_at: raised, cleared_at: cleared }) =>
      channel !== null && channels.includes(channel) && raised < to && (cleared ?? Infinity) >= from,
  );
}
