import { useQueries } from "@tanstack/react-query";

import { recordingQuery, trialDataQuery } from "@/api/lab";
import { Section } from "@/ui/Section";

import { Charts } from "./Charts";
import { linesOf } from "./lines";

const POINTS = 2_000;

/** Several recordings over each other, each from its own beginning on. */
export function Compare({ recordings }: { recordings: readonly string[] }) {
  const details = useQueries({ queries: recordings.map((id) => recordingQuery(id)) }).flatMap(
    ({ data }) => data ?? [],
  );
  const trials = details.flatMap(({ name, trial_list: list }) =>
    list
      .filter(({ start_us: start }) => start !== null)
      .slice(0, 1)
      .map(({ id }) => ({ id, name })),
  );
  const found = useQueries({ queries: trials.map(({ id }) => trialDataQuery(id, POINTS)) });
  const lines = found.flatMap(({ data }, index) =>
    data === undefined ? [] : linesOf(data, trials[index]?.name ?? ""),
  );
  return (
    <Section title="Compared" hint="Each from its own beginning; 0 is where the recording starts.">
      {lines.length > 0 && <Charts lines={lines} label="Recordings over each other" />}
    </Section>
  );
}
