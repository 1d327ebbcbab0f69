/** How an import is doing, in words. Pure. */

import type { ImportJob } from "@/api/types";

const count = (n: number, one: string, many: string): string =>
  `${n.toLocaleString()} ${n === 1 ? one : many}`;

/** Share of the work that is behind, 0 to 1; of a file on its way, share of its bytes. */
export const shareOf = ({ state, received, size, progress }: ImportJob): number =>
  state === "receiving" ? received / Math.max(1, size) : progress;

export function stateWords(job: ImportJob): string {
  switch (job.state) {
    case "receiving":
      return `Uploading: ${Math.floor(100 * shareOf(job))} %. If it was cut off, choose the same file again to go on.`;
    case "ready":
      return "Uploaded; not started yet";
    case "running":
      return `Importing: ${Math.floor(100 * shareOf(job))} %, ${count(job.accepted, "value", "values")} so far`;
    case "done": {
      const again = job.duplicates > 0 ? `, ${count(job.duplicates, "was", "were")} here already` : "";
      return `Done: ${count(job.accepted, "value", "values")} from ${count(job.rows, "row", "rows")}${again}`;
    }
    case "failed":
      return `Failed: ${job.error ?? "for an unknown reason"}`;
    case "cancelled":
      return `Cancelled; ${count(job.accepted, "value", "values")} had been stored and stay`;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  time: "the time cannot be read",
  value: "a value is no number",
  columns: "the row has too few or too many columns",
};

/** "12 rows: the time cannot be read (lines 3, 9 …)". */
export function rejectionWords({ reason, count: rows, lines }: ImportJob["rejected"][number]): string {
  const where = lines.length === 0 ? "" : ` (lines ${lines.join(", ")}${lines.length < rows ? " …" : ""})`;
  return `${count(rows, "row", "rows")}: ${REASONS[reason] ?? reason}${where}`;
}
