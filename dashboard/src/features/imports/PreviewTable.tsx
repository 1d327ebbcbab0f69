import { Table, Text } from "@mantine/core";

import type { CsvPreview } from "@/api/types";
import { WideTable } from "@/ui/WideTable";

const SHOWN = 5;

/** The first rows as they were understood, and what could as well be otherwise. */
export function PreviewTable({ preview }: { preview: CsvPreview }) {
  const { rows, columns, ambiguous } = preview;
  return (
    <div>
      <WideTable label="First rows of the file" columns={columns}>
        {rows.slice(0, SHOWN).map((row, line) => (
          <Table.Tr key={line}>
            {columns.map((column, place) => (
              <Table.Td key={column}>{row[place] ?? ""}</Table.Td>
            ))}
          </Table.Tr>
        ))}
      </WideTable>
      {ambiguous.length > 0 && (
        <Text size="sm" role="note" mt="xs">
          Please check: {ambiguous.join("; ")}.
        </Text>
      )}
    </div>
  );
}
