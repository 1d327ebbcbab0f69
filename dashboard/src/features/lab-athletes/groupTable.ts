/** The table of a group, and as a file. Pure. */

interface Score {
  subject_id: string | null;
  at: number;
  best: number;
  mean: number;
}

export interface TableColumn {
  label: string;
  unit: string;
  /** Subject id → what the newest session came to. */
  scores: ReadonlyMap<string, number>;
}

/** What the newest session of everybody came to: its best trial, or the mean of its trials. */
export function lastScores(scores: readonly Score[], use: "best" | "mean" = "best"): Map<string, number> {
  const newest = new Map<string, Score>();
  for (const score of scores) {
    if (score.subject_id === null) continue;
    const known = newest.get(score.subject_id);
    if (known === undefined || score.at > known.at) newest.set(score.subject_id, score);
  }
  return new Map([...newest].map(([subject, score]) => [subject, score[use]]));
}

// A spreadsheet takes a cell that begins with one of these for a formula.
const FORMULA = /^[=+\-@\t\r]/;

export function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(
  subjects: readonly { id: string; pseudonym: string; body_mass_kg: number | null }[],
  columns: readonly TableColumn[],
): string {
  const head = ["athlete", "body mass (kg)", ...columns.map(({ label, unit }) => `${label} (${unit})`)].map(
    cell,
  );
  const rows = subjects.map(({ id, pseudonym, body_mass_kg: mass }) => [
    cell(pseudonym),
    mass === null ? "" : String(mass),
    ...columns.map(({ scores }) => String(scores.get(id) ?? "")),
  ]);
  return [head, ...rows].map((row) => row.join(",")).join("\r\n") + "\r\n";
}
