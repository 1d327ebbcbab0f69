import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { historyQuery } from "@/api/history";
import type { Channel } from "@/api/types";
import { withTail } from "@/charts/columns";
import type { ChartSeries } from "@/charts/series";
import { seriesOf } from "@/charts/seriesOf";
import { channelLabel } from "@/lib/channels";

import { renewEvery, type View } from "./span";
import { useTail } from "./useTail";

const POINTS = 600;
// Energy is drawn as bars; fewer, wider ones can be compared.
const BARS = 48;

interface ChartData {
  series: ChartSeries[];
  isLoading: boolean;
  error: Error | null;
  refetch: () => void;
}

/** What to draw for these channels in this view: the stored columns, and behind them what has arrived since. */
export function useChartSeries(channels: readonly Channel[], view: View, now: number): ChartData {
  const [from, to] = askedSpan(view, now);
  const lines = channels.filter(({ kind }) => kind !== "counter");
  const bars = channels.filter(({ kind }) => kind === "counter");
  const lineHistory = useHistory(lines, from, to, POINTS);
  const barHistory = useHistory(bars, from, to, BARS);
  const tails = useTail(lines.map(({ id }) => id));
  const histories = [...(lineHistory.data ?? []), ...(barHistory.data ?? [])];
  const series = channels.flatMap((channel) => {
    const history = histories.find((one) => one.channel === channel.id);
    const tail = view.kind === "live" && channel.kind !== "counter" ? (tails[channel.id] ?? []) : [];
    return history ? [seriesOf(channel, channelLabel(channel), history, withTail(history, tail))] : [];
  });
  return {
    series,
    isLoading: lineHistory.isLoading || barHistory.isLoading,
    error: lineHistory.error ?? barHistory.error,
    refetch: () => {
      void lineHistory.refetch();
      void barHistory.refetch();
    },
  };
}

const useHistory = (channels: readonly Channel[], from: number, to: number, points: number) =>
  useQuery({
    ...historyQuery(
      channels.map(({ id }) => id),
      from,
      to,
      points,
    ),
    placeholderData: keepPreviousData,
  });

/** The span to ask the server for; that of a live view moves on in steps, so that it is asked once per step. */
export function askedSpan(view: View, now: number): [from: number, to: number] {
  if (view.kind === "fixed") return [view.from, view.to];
  const step = renewEvery(view.span);
  const start = Math.floor(now / step) * step;
  return [start - view.span, start + step];
}
