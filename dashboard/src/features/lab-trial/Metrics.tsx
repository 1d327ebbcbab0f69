import { Button, Stack, Table } from "@mantine/core";
import { useState } from "react";

import type { Metric } from "@/api/lab";
import { metricOf, metricText } from "@/lib/force";
import { formatNumber } from "@/lib/units";
import { WideTable } from "@/ui/WideTable";

import classes from "./Metrics.module.css";

interface MetricsProps {
  metrics: readonly Metric[];
  /** Of the stored version, to see what the line changes; null: nothing to compare with. */
  beside: readonly Metric[] | null;
}

/** Every number with its unit and method; what the sampling cannot carry stands there with the reason. */
export function Metrics({ metrics, beside }: MetricsProps) {
  const [all, setAll] = useState(false);
  const seen = metrics.filter(({ shown }) => all || shown);
  const groups = [...new Set(seen.map(({ group }) => group))];
  const hidden = metrics.length - metrics.filter(({ shown }) => shown).length;
  const columns = ["Metric", "Value", ...(beside === null ? [] : ["Stored", "Change"]), "Method"];
  return (
    <Stack gap="sm">
      <WideTable label="Metrics" columns={columns}>
        {groups.map((group) => (
          <GroupRows
            key={group}
            name={group}
            span={columns.length}
            metrics={seen.filter((one) => one.group === group)}
            beside={beside}
          />
        ))}
      </WideTable>
      {hidden > 0 && (
        <Button variant="default" size="sm" aria-expanded={all} onClick={() => setAll(!all)} w="fit-content">
          {all ? "Only the usual metrics" : `${hidden} more, rarely used`}
        </Button>
      )}
    </Stack>
  );
}

interface GroupRowsProps extends MetricsProps {
  name: string;
  span: number;
}

function GroupRows({ name, span, metrics, beside }: GroupRowsProps) {
  const reasons = new Set(metrics.map(({ withheld_reason: reason }) => reason));
  const [reason] = reasons;
  // A whole group for one reason: said once.
  if (reasons.size === 1 && reason != null && metrics.length > 2)
    return (
      <>
        <GroupHead name={name} span={span} />
        <Table.Tr className={classes.withheld}>
          <Table.Th scope="row">{metrics.length} metrics</Table.Th>
          <Table.Td colSpan={span - 1}>withheld: {reason}</Table.Td>
        </Table.Tr>
      </>
    );
  return (
    <>
      <GroupHead name={name} span={span} />
      {metrics.map((metric) => (
        <MetricRow
          key={metric.key}
          metric={metric}
          stored={beside === null ? undefined : (metricOf(beside, metric.key) ?? null)}
        />
      ))}
    </>
  );
}

const GroupHead = ({ name, span }: { name: string; span: number }) => (
  <Table.Tr className={classes.group}>
    <Table.Th scope="rowgroup" colSpan={span}>
      {name || "Metrics"}
    </Table.Th>
  </Table.Tr>
);

function MetricRow({ metric, stored }: { metric: Metric; stored: Metric | null | undefined }) {
  const { value, decimals, unit, withheld_reason: reason, warning, method, convention } = metric;
  const before = stored?.value ?? null;
  return (
    <Table.Tr className={value === null ? classes.withheld : undefined}>
      <Table.Th scope="row">{metric.label}</Table.Th>
      <Table.Td className={classes.value}>{value === null ? "withheld" : metricText(metric)}</Table.Td>
      {stored !== undefined && (
        <>
          <Table.Td className="tabular">{stored === null ? "–" : metricText(stored)}</Table.Td>
          <Table.Td className="tabular">
            {value === null || before === null
              ? "–"
              : `${value >= before ? "+" : "−"}${formatNumber(Math.abs(value - before), decimals)} ${unit}`}
          </Table.Td>
        </>
      )}
      <Table.Td className={classes.method}>
        {value === null ? (
          reason
        ) : (
          <>
            {method}
            {convention != null && ` (${convention})`}
            {warning != null && <strong> Note: {warning}.</strong>}
          </>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
