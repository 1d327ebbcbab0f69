import { useComputedColorScheme } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { historyQuery } from "@/api/history";
import type { Alert, Channel } from "@/api/types";
import { LazyTimeChart } from "@/charts/LazyTimeChart";
import { seriesOf } from "@/charts/seriesOf";
import { useSpan } from "@/charts/useSpan";
import { marksOf } from "@/lib/alerts";
import { channelLabel } from "@/lib/channels";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Section } from "@/ui/Section";

import { around } from "./around";

const POINTS = 600;

interface AlertChartProps {
  alert: Alert;
  channel: Channel;
  now: number;
}

/** What the channel did before, meanwhile and after. */
export function AlertChart({ alert, channel, now }: AlertChartProps) {
  // An alert that is open is shown up to when the page was opened; the chart does not crawl away while one looks.
  const [opened] = useState(now);
  const whole = around(alert.raised_at, alert.cleared_at, Math.max(opened, alert.cleared_at ?? 0));
  const span = useSpan(whole);
  const scheme = useComputedColorScheme("light");
  const query = useQuery({
    ...historyQuery([channel.id], span.from, span.to, POINTS),
    placeholderData: keepPreviousData,
  });
  const label = channelLabel(channel);
  return (
    <Section title={`${label} around it`} hint="Drag over a piece to look closer; double-click to come back.">
      <Await query={query} what="the history">
        {(histories) => (
          <LazyTimeChart
            series={histories.map((history) => seriesOf(channel, label, history))}
            marks={marksOf([alert])}
            scheme={scheme}
            label={`Chart of ${label}, ${dateTime(span.from)} to ${dateTime(span.to)}, with the alert marked`}
            {...span}
          />
        )}
      </Await>
    </Section>
  );
}
