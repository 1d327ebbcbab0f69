import { Anchor, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import type { Rollout } from "@/api/types";
import { rolloutQuery } from "@/api/updates";
import { countWords, standing, STATE_WORDS, total, waveName } from "@/lib/rollouts";
import { dateTime, duration } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Facts } from "@/ui/Facts";
import { Icon } from "@/ui/Icon";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { TextLink } from "@/ui/TextLink";
import { UpdateTabs } from "@/ui/UpdateTabs";

import { Failures } from "./Failures";
import { Installations } from "./Installations";
import { Steering } from "./Steering";
import { WaveChart } from "./WaveChart";

/** One release going out: how far it is, what went wrong, and the ways to end it. */
export function RolloutPage() {
  const { rolloutId } = useParams({ from: "/inside/updates/rollouts/$rolloutId" });
  const query = useQuery(rolloutQuery(rolloutId));
  const { data } = query;
  const back = (
    <Anchor component={Link} to="/updates/rollouts" size="sm" className="way-back">
      <Icon name="back" size={14} /> Rollouts
    </Anchor>
  );
  return (
    <Page
      title={data === undefined ? "Rollout" : `Rollout of ${data.version}`}
      before={back}
      actions={data && <Steering key={data.id} rollout={data} />}
    >
      <UpdateTabs />
      <Await query={query} what="the rollout">
        {(rollout) => <Everything rollout={rollout} />}
      </Await>
    </Page>
  );
}

function Everything({ rollout }: { rollout: Rollout }) {
  const { state, wave, sizes, counts, undoes, rolled_back_by: undone } = rollout;
  const why = standing(rollout);
  const here = state === "running" ? `, in ${waveName(wave, sizes.length)}` : "";
  return (
    <Stack gap="lg">
      {why !== null && state !== "done" && (
        <Notice level={state === "stopped" ? "warning" : "info"}>{why}</Notice>
      )}
      <Section title={`${STATE_WORDS[state]}${here}`} hint={`${countWords(total(counts))}.${pace(rollout)}`}>
        <WaveChart rollout={rollout} />
      </Section>
      {(undoes !== null || undone.length > 0) && (
        <Section title="Roll back">
          {undoes !== null && (
            <p>
              This rollout brings devices back to {rollout.version} after{" "}
              <TextLink to="/updates/rollouts/$rolloutId" params={{ rolloutId: undoes }}>
                rollout {undoes}
              </TextLink>
              .
            </p>
          )}
          {undone.map((id) => (
            <p key={id}>
              Its devices are brought back by{" "}
              <TextLink to="/updates/rollouts/$rolloutId" params={{ rolloutId: id }}>
                rollout {id}
              </TextLink>
              .
            </p>
          ))}
        </Section>
      )}
      <Failures rollout={rollout} />
      <Installations rollout={rollout} />
      <Section title="How it was started">
        <Facts facts={factsOf(rollout)} />
      </Section>
    </Stack>
  );
}

/** Why nothing may happen for a while. */
const pace = ({ state, window: open }: Rollout): string =>
  state === "running" && open !== null
    ? ` New offers are made only from ${open.start} to ${open.end}, in the time of the site.`
    : "";

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function factsOf(rollout: Rollout): (readonly [string, string])[] {
  const { window: open, deadline_at: deadline, downgrade_reason: forced } = rollout;
  return [
    ["Started", `${dateTime(rollout.created_at)} by ${rollout.author}`],
    ["Waves", rollout.waves.map(percent).join(", ")],
    [
      "Stops by itself at",
      rollout.error_threshold > 1 ? "never" : `${percent(rollout.error_threshold)} failures in a wave`,
    ],
    ["A device has to be well for", duration(1000 * rollout.healthy_s)],
    ["Offers are made", open === null ? "at any time" : `from ${open.start} to ${open.end}`],
    ["Deadline", deadline === null ? "none" : dateTime(deadline)],
    ...(forced === null ? [] : [["Older versions allowed because", forced] as const]),
  ];
}
