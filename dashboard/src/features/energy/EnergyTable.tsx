import { Button, Table } from "@mantine/core";
import { useId, useState } from "react";

import type { EnergyBucket } from "@/api/types";
import { kwhWords } from "@/lib/energy";
import { formatNumber } from "@/lib/units";
import { WideTable } from "@/ui/WideTable";

import { bucketName } from "./names";
import { QUALITY } from "./shape";
import type { View } from "./view";

interface EnergyTableProps {
  view: View;
  buckets: readonly EnergyBucket[];
  zone: string;
  label: string;
}

/** The same figures to read and to copy. */
export function EnergyTable({ view, buckets, zone, label }: EnergyTableProps) {
  const [opened, setOpened] = useState(false);
  const id = useId();
  return (
    <div>
      <Button
        variant="default"
        size="xs"
        aria-expanded={opened}
        aria-controls={id}
        onClick={() => setOpened(!opened)}
      >
        {opened ? "Hide the table" : "Show as a table"}
      </Button>
      <div id={id} hidden={!opened}>
        {opened && (
          <WideTable label={label} columns={["When", "Energy", "How it is known", "Missing time"]}>
            {buckets.map((bucket) => (
              <Table.Tr key={bucket.start}>
                <Table.Th scope="row" fw={500}>
                  {bucketName(view.by, bucket.start, bucket.end, zone)}
                </Table.Th>
                <Table.Td>{bucket.kwh === null ? "–" : kwhWords(bucket.kwh)}</Table.Td>
                <Table.Td>{QUALITY[bucket.quality]}</Table.Td>
                <Table.Td>{formatNumber(bucket.missing * 100, 0)} %</Table.Td>
              </Table.Tr>
            ))}
          </WideTable>
        )}
      </div>
    </div>
  );
}
