import { Table, Text } from "@mantine/core";

import type { MetricReport } from "@/api/lab";
import { capital } from "@/lib/force";
import { formatNumber } from "@/lib/units";
import { Section } from "@/ui/Section";
import { WideTable } from "@/ui/WideTable";

type Estimate = NonNullable<MetricReport["reliability"]>["mdc95"];

function say({ value, unit, lower, upper }: Estimate): string {
  if (value === null) return "–";
  const decimals = unit === "" ? 2 : 1;
  const range =
    lower == null || upper == null
      ? ""
      : ` (${formatNumber(lower, decimals)} to ${formatNumber(upper, decimals)})`;
  return `${formatNumber(value, decimals)}${range}${unit === "" ? "" : ` ${unit}`}`;
}

/** How far each metric can be trusted in this group. */
export function Reliability({ reports }: { reports: readonly MetricReport[] }) {
  const known = reports.filter(({ reliability }) => reliability !== null);
  const reason = reports.find(({ reason: why }) => why !== null)?.reason;
  const notes = [...new Set(reports.flatMap(({ note }) => note ?? []))];
  return (
    <Section
      title="Reliability"
      hint="Of the newest sessions of this group; who has fewer of them is left out. A change counts as one only beyond MDC95."
    >
      {known.length === 0 ? (
        <Text size="sm">{reason == null ? "There is nothing to compare yet." : `${capital(reason)}.`}</Text>
      ) : (
        <WideTable
          label="Reliability"
          columns={[
            "Metric",
            "Athletes (left out)",
            "Sessions",
            "ICC(3,1), 95 %",
            "CV",
            "Typical error",
            "SEM",
            "MDC95",
            "SWC",
          ]}
        >
          {known.map(({ metric, label, reliability: found }) =>
            found === null ? null : (
              <Table.Tr key={metric}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td>{found.left_out === 0 ? found.n : `${found.n} (${found.left_out})`}</Table.Td>
                <Table.Td>{found.sessions}</Table.Td>
                {[
                  found.icc_3_1,
                  found.cv_percent,
                  found.typical_error,
                  found.sem,
                  found.mdc95,
                  found.smallest_worthwhile_change,
                ].map((one, index) => (
                  <Table.Td key={index} className="tabular" title={one.reason ?? one.method}>
                    {say(one)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ),
          )}
        </WideTable>
      )}
      {notes.map((note) => (
        <Text key={note} size="sm" c="dimmed" mt="xs">
          {note}.
        </Text>
      ))}
    </Section>
  );
}
