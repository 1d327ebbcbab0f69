import { Table } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./WideTable.module.css";

interface WideTableProps {
  label: string;
  columns: readonly string[];
  children: ReactNode;
}

/** A table that scrolls sideways inside its card where the screen is narrow; with the keyboard, too. */
export function WideTable({ label, columns, children }: WideTableProps) {
  return (
    <div className={classes.frame} role="group" aria-label={`${label}, table`} tabIndex={0}>
      <Table verticalSpacing={7} horizontalSpacing="sm" className={classes.table ?? ""}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column} scope="col">
                {column}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}
