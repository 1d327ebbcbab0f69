import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { useServerNow } from "@/api/live/clock";
import { systemQuery } from "@/api/system";
import type { SystemInfo } from "@/api/types";
import { ago, dateTime, duration } from "@/lib/time";
import { formatBytes } from "@/lib/units";
import { Facts } from "@/ui/Facts";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { Trouble } from "@/ui/Trouble";

import { Counted } from "./Counted";
import { factsOf, sectionsOf } from "./facts";
import { Ports } from "./Ports";
import { SiteForm } from "./SiteForm";
import { WhenWrong } from "./WhenWrong";

/** How the server itself is doing. */
export function SystemPage() {
  const { data: system, error, refetch } = useQuery(systemQuery);
  return (
    <Page title="System">
      {error && system === undefined && (
        <Trouble
          title="The state of the server could not be loaded"
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {system === undefined && error === null && (
        <Skeleton h={300} radius="lg" role="img" aria-label="Loading" />
      )}
      {system !== undefined && <Report system={system} />}
    </Page>
  );
}

function Report({ system }: { system: SystemInfo }) {
  const now = useServerNow(10_000);
  return (
    <Stack gap="lg">
      {system.notices.map(({ level, text }) => (
        <Notice key={text} level={level}>
          {text}
        </Notice>
      ))}
      <Section title="Server">
        <Facts
          facts={[
            ["Version", system.version],
            ["Started", dateTime(system.started_at)],
            ["Running for", duration(Math.max(0, now - system.started_at))],
            ["Newest stored value", system.newest_at === null ? "none yet" : ago(system.newest_at, now)],
            ["Clock", system.clock.trusted ? "trusted" : "not trusted"],
            ["Database", String(system.database.kind)],
          ]}
        />
      </Section>
      <Section title="Room">
        <Facts
          facts={[
            ["Data", formatBytes(system.room.data_bytes)],
            [
              "Free on its disk",
              `${formatBytes(system.room.free_bytes)} of ${formatBytes(system.room.total_bytes)}`,
            ],
            ["Full in", fullIn(system.room.full_in_s)],
            ["Folder", system.room.folder],
          ]}
        />
      </Section>
      <Ports ports={system.ports} />
      <SiteForm />
      <Counted counters={system.counters} />
      <WhenWrong system={system} />
      {sectionsOf(system).map(({ title, content }) => (
        <Section key={title} title={title}>
          <Facts facts={factsOf(content)} />
        </Section>
      ))}
    </Stack>
  );
}

const YEAR_S = 365 * 86_400;

/** At the pace since the start; nobody plans further than years. */
function fullIn(seconds: number | null): string {
  if (seconds === null) return "not in sight";
  return seconds > 5 * YEAR_S ? "more than 5 years" : duration(seconds * 1000);
}
