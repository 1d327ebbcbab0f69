import type { SystemInfo } from "@/api/types";
import { humanise } from "@/lib/channels";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { type Counted as Entry, unknown, whatCame, whatWasLost } from "./counters";

/** What came since the start and what was lost of it; nothing is dropped in silence. */
export function Counted({ counters }: { counters: SystemInfo["counters"] }) {
  const lost = whatWasLost(counters);
  const others = unknown(counters).map(([key, count]) => ({ key, name: humanise(key), meaning: "", count }));
  return (
    <>
      <Section title="Received since the start">
        <Entries label="Received" entries={[...whatCame(counters), ...others]} />
      </Section>
      <Section title="Not kept as it came">
        {lost.length === 0 ? (
          <Empty title="Nothing was lost">
            Whatever is refused, put off or not understood is counted here.
          </Empty>
        ) : (
          <Entries label="Not kept" entries={lost} />
        )}
      </Section>
    </>
  );
}

function Entries({ label, entries }: { label: string; entries: readonly Entry[] }) {
  return (
    <Rows label={label}>
      {entries.map(({ key, name, meaning, count }) => (
        <Row
          key={key}
          title={name}
          note={meaning}
          actions={<strong className="tabular">{count.toLocaleString()}</strong>}
        />
      ))}
    </Rows>
  );
}
