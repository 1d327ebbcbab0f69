import { useQuery } from "@tanstack/react-query";

import type { RolloutSummary } from "@/api/types";
import { rolloutsQuery } from "@/api/updates";
import { standing, STATE_WORDS, waveName } from "@/lib/rollouts";
import { dateTime } from "@/lib/time";
import { plural } from "@/lib/updates";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { LinkButton } from "@/ui/LinkButton";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { TextLink } from "@/ui/TextLink";
import { UpdateTabs } from "@/ui/UpdateTabs";

/** What went out, and what is going out. */
export function RolloutsPage() {
  const query = useQuery(rolloutsQuery);
  return (
    <Page
      title="Rollouts"
      actions={
        <LinkButton to="/updates/rollouts/new" search={{}}>
          New rollout
        </LinkButton>
      }
    >
      <UpdateTabs />
      <Section title="Newest first">
        <Await query={query} what="the rollouts">
          {(rollouts) =>
            rollouts.length === 0 ? (
              <Empty title="Nothing has been rolled out yet">
                A rollout brings a release to devices in waves, and stops by itself when too many fail.
              </Empty>
            ) : (
              <Rows label="Rollouts">
                {rollouts.map((rollout) => (
                  <RolloutRow key={rollout.id} rollout={rollout} />
                ))}
              </Rows>
            )
          }
        </Await>
      </Section>
    </Page>
  );
}

function RolloutRow({ rollout }: { rollout: RolloutSummary }) {
  const { id, version, state, sizes, wave, undoes } = rollout;
  const devices = sizes.reduce((sum, size) => sum + size, 0);
  return (
    <Row
      title={
        <>
          <TextLink to="/updates/rollouts/$rolloutId" params={{ rolloutId: id }}>
            {version} to {plural(devices, "device")}
          </TextLink>
          <Tag>{STATE_WORDS[state]}</Tag>
          {undoes !== null && <Tag>roll back</Tag>}
        </>
      }
      note={
        <>
          <div>{standing(rollout) ?? `It is in ${waveName(wave, sizes.length)}.`}</div>
          <div>
            Started {dateTime(rollout.created_at)} by {rollout.author}
          </div>
        </>
      }
    />
  );
}
