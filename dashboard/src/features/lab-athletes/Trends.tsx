import { Group, NativeSelect, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { type Trend, trendQuery } from "@/api/lab";
import { LazyTrendChart } from "@/charts/trend/LazyTrendChart";
import { FOLLOWED } from "@/lib/labMetrics";
import { dateTime } from "@/lib/time";
import { formatNumber } from "@/lib/units";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Section } from "@/ui/Section";
import { useScheme } from "@/ui/useScheme";
import { WideTable } from "@/ui/WideTable";

/** One metric session by session, with the band that chance alone would fill. */
export function Trends({ subject }: { subject: string }) {
  const [metric, setMetric] = useState(FOLLOWED[0]?.key ?? "peak_force_net");
  const [use, setUse] = useState<"best" | "mean">("best");
  const trend = useQuery(trendQuery(subject, metric, use));
  return (
    <Section
      title="Trend"
      hint="The band is where a value could lie without any change since the first session (MDC95 of the group). Only what leaves it is called a change; it is never called good or bad."
    >
      <Stack gap="md">
        <Group align="end" gap="sm">
          <NativeSelect
            label="Metric"
            value={metric}
            data={FOLLOWED.map(({ key, label }) => ({ value: key, label }))}
            onChange={(event) => setMetric(event.currentTarget.value)}
          />
          <SegmentedControl
            aria-label="Of each session"
            value={use}
            onChange={(value) => setUse(value === "mean" ? "mean" : "best")}
            data={[
              { value: "best", label: "Best trial" },
              { value: "mean", label: "Mean of the trials" },
            ]}
          />
        </Group>
        <Await query={trend} what="the trend">
          {(known) => (known.points.length === 0 ? <Nothing /> : <Shown trend={known} />)}
        </Await>
      </Stack>
    </Section>
  );
}

const Nothing = () => (
  <Empty title="No value of this metric yet">
    It needs a session with a trial that is not rejected, and a rig whose sampling carries this metric.
  </Empty>
);

const decimalsFor = (unit: string): number => (unit === "N" || unit === "N/s" ? 0 : 1);

function Shown({ trend }: { trend: Trend }) {
  const scheme = useScheme();
  const { points, unit, label, note } = trend;
  const decimals = decimalsFor(unit);
  const say = (value: number) => `${formatNumber(value, decimals)} ${unit}`;
  const banded = points.some(({ lower }) => lower !== null);
  return (
    <>
      <LazyTrendChart points={points} unit={unit} label={label} scheme={scheme} />
      {note !== null && (
        <Text size="sm" c="dimmed">
          {note}.
        </Text>
      )}
      {!banded && (
        <Text size="sm" c="dimmed">
          There is no band yet: reliability needs at least three athletes with two sessions each.
        </Text>
      )}
      <WideTable label={`${label} by session`} columns={["Session", label, "Since the session before"]}>
        {points.toReversed().map((point) => (
          <Table.Tr key={point.at}>
            <Table.Th scope="row">{dateTime(point.at)}</Table.Th>
            <Table.Td className="tabular">{say(point.value)}</Table.Td>
            <Table.Td style={{ whiteSpace: "normal" }}>{point.change?.sentence ?? "the first"}</Table.Td>
          </Table.Tr>
        ))}
      </WideTable>
    </>
  );
}
