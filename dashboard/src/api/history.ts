import { queryOptions } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { Series } from "./types";

/** Columns of one channel, folded into buckets of `widthMs`; `t` is the start of each, empty ones are absent. */
export interface History {
  channel: string;
  unit: string;
  widthMs: number;
  t: number[];
  count: number[];
  min: number[];
  max: number[];
  mean: number[];
  /** Counters only. */
  increase: number[] | null;
}

const historyOf = (series: Series): History => ({
  channel: series.channel,
  unit: series.unit,
  widthMs: series.width_ms ?? 1,
  t: series.t,
  count: series.count ?? [],
  min: series.min ?? [],
  max: series.max ?? [],
  mean: series.mean ?? [],
  increase: series.increase ?? null,
});

/** Folded columns of each channel over the half-open span [from, to), in the order asked for. */
export const historyQuery = (channels: readonly string[], from: number, to: number, points: number) =>
  queryOptions({
    queryKey: keys.history(channels, from, to, points),
    queryFn: async ({ signal }): Promise<History[]> => {
      const query = new URLSearchParams(channels.map((id) => ["channel", id]));
      query.set("from", String(from));
      query.set("to", String(to));
      query.set("points", String(points));
      const answer = await request<Series | Series[]>("GET", `/history?${query}`, undefined, signal);
      return (Array.isArray(answer) ? answer : [answer]).map(historyOf);
    },
    enabled: channels.length > 0,
  });
