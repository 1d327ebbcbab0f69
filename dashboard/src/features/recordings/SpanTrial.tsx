import { Button, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { downloadOf, statisticsQuery, type Trial, trialDataQuery } from "@/api/lab";
import { metricText, missingLines } from "@/lib/force";
import { formatNumber } from "@/lib/units";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Findings } from "@/ui/Findings";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Section";
import { WideTable } from "@/ui/WideTable";

import { Charts } from "./Charts";
import { linesOf } from "./lines";

const POINTS = 3_000;
const RENEW_MS = 3_000;

/** One span: what was measured, what it sums up to. */
export function SpanTrial({ trial }: { trial: Trial }) {
  const running = trial.state === "running" || trial.state === "armed";
  const refetchInterval = running ? RENEW_MS : false;
  const data = useQuery({
    ...trialDataQuery(trial.id, POINTS),
    refetchInterval,
    enabled: trial.start_us !== null,
  });
  const statistics = useQuery({
    ...statisticsQuery(trial.id),
    refetchInterval,
    enabled: trial.start_us !== null,
  });
  const shown = trial.result?.metrics.filter((metric) => metric.shown) ?? [];
  return (
    <Section
      title={running ? `Part ${trial.number}, recording` : `Part ${trial.number}`}
      actions={
        <Button component="a" variant="default" size="sm" href={downloadOf.samples(trial.id)}>
          Samples, CSV
        </Button>
      }
    >
      <Stack gap="md">
        {missingLines(trial.missing, false).map((line) => (
          <Notice key={line} level="warning">
            {line}
          </Notice>
        ))}
        <Await query={data} what="the samples">
          {(columns) =>
            columns.channels.every(({ t_us: t }) => t.length === 0) ? (
              <Empty title="Nothing was measured in this span yet" />
            ) : (
              <Charts lines={linesOf(columns, "")} label={`Part ${trial.number}`} />
            )
          }
        </Await>
        <Await query={statistics} what="the sums">
          {(rows) => (
            <WideTable
              label="Sums"
              columns={["Channel", "Samples", "Lowest", "Highest", "Mean over time", "Integral"]}
            >
              {rows.map((row) => {
                const say = (value: number | null, unit: string) =>
                  value === null ? "–" : `${formatNumber(value, 3)} ${unit}`.trim();
                return (
                  <Table.Tr key={row.channel_id}>
                    <Table.Th scope="row">{row.key}</Table.Th>
                    <Table.Td className="tabular">{formatNumber(row.count, 0)}</Table.Td>
                    <Table.Td className="tabular">{say(row.min, row.unit)}</Table.Td>
                    <Table.Td className="tabular">{say(row.max, row.unit)}</Table.Td>
                    <Table.Td className="tabular">{say(row.mean, row.unit)}</Table.Td>
                    <Table.Td className="tabular">{say(row.integral, `${row.unit}·h`)}</Table.Td>
                  </Table.Tr>
                );
              })}
            </WideTable>
          )}
        </Await>
        {trial.result !== null && (
          <>
            <Findings findings={trial.result.findings} />
            {shown.length > 0 && (
              <WideTable label="Results" columns={["Metric", "Value", "Method"]}>
                {shown.map((metric) => (
                  <Table.Tr key={metric.key}>
                    <Table.Th scope="row">{metric.label}</Table.Th>
                    <Table.Td className="tabular">
                      {metric.value === null ? "withheld" : metricText(metric)}
                    </Table.Td>
                    <Table.Td style={{ whiteSpace: "normal" }}>
                      <Text size="sm" c="dimmed">
                        {metric.withheld_reason ?? metric.method}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </WideTable>
            )}
          </>
        )}
      </Stack>
    </Section>
  );
}
