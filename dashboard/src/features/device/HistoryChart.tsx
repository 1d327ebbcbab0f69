import { Group, Skeleton, Text, useComputedColorScheme } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { useMayOperate } from "@/api/session";
import type { Channel } from "@/api/types";
import { LazyTimeChart } from "@/charts/LazyTimeChart";
import { marksOf } from "@/lib/alerts";
import { byImportance } from "@/lib/channels";
import { Section } from "@/ui/Section";
import { Trouble } from "@/ui/Trouble";

import { AlertList } from "./AlertList";
import { ChannelPicker } from "./ChannelPicker";
import { ChartControls } from "./ChartControls";
import { edges, moveTo, pan, scale, START, type View, zoomTo } from "./span";
import { spanWords } from "./spanWords";
import { useAlertsWithin } from "./useAlertsWithin";
import { useChartSeries } from "./useChartSeries";

const EMPTY = "Nothing has been recorded yet. The chart begins with the first value.";

interface HistoryChartProps {
  deviceId: string;
  channels: readonly Channel[];
}

/** Chosen channels over a chosen time, with their alerts; at first the most telling channel, live. */
export function HistoryChart({ deviceId, channels }: HistoryChartProps) {
  const navigate = useNavigate();
  const mayOperate = useMayOperate();
  const ranked = byImportance(channels);
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const drawn = chosen ?? ranked.slice(0, 1).map(({ id }) => id);
  const [view, setView] = useState<View>(START);
  const [lastRange, setLastRange] = useState(START.kind === "live" ? START.span : 0);
  const now = useServerNow(1_000);
  const scheme = useComputedColorScheme("light");
  const visible = ranked.filter(({ id }) => drawn.includes(id));
  const { series, isLoading, error, refetch } = useChartSeries(visible, view, now);
  const [from, to] = edges(view, now);
  const alerts = useAlertsWithin(deviceId, drawn, view, now);
  const choose = (span: number) => {
    setLastRange(span);
    setView({ kind: "live", span });
  };
  const moves = {
    onPan: (share: number) => setView(pan(view, now, share)),
    onScale: (factor: number) => setView(scale(view, now, factor)),
    onReset: () => choose(lastRange),
  };
  return (
    <Section title="History" actions={<ChartControls view={view} onRange={choose} {...moves} />}>
      <Group justify="space-between" gap="xs" mb="md">
        <ChannelPicker channels={ranked} chosen={drawn} onChange={setChosen} />
        <Text size="sm" c="dimmed" aria-live="polite">
          {spanWords(view)}
        </Text>
      </Group>
      {error !== null && series.length === 0 && (
        <Trouble title="The history could not be loaded" error={error} onRetry={refetch} />
      )}
      {channels.length === 0 && <Text c="dimmed">{EMPTY}</Text>}
      {channels.length > 0 && drawn.length === 0 && <Text c="dimmed">Choose a channel above.</Text>}
      {isLoading && series.length === 0 && <Skeleton h={330} role="img" aria-label="Loading the history" />}
      {series.length > 0 && (
        <LazyTimeChart
          series={series}
          marks={marksOf(alerts)}
          onMark={(alertId) => void navigate({ to: "/alerts/$alertId", params: { alertId } })}
          from={from}
          to={to}
          scheme={scheme}
          label={`Chart of ${series.map(({ label }) => label).join(", ")}, ${spanWords(view)}`}
          onZoom={(start, end) => setView(zoomTo(start, end, now))}
          onMove={(start, end) => setView(moveTo(start, end, now))}
          {...moves}
        />
      )}
      <AlertList alerts={alerts} />
      {mayOperate && drawn[0] !== undefined && (
        <Text size="sm" mt="md">
          <Link
            to="/rules/$ruleId"
            params={{ ruleId: "new" }}
            search={{ channel: drawn[0] }}
            className="quiet-link"
          >
            Make a rule for this chart
          </Link>
        </Text>
      )}
    </Section>
  );
}
