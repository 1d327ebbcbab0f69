import { Button, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Installation } from "@/api/types";
import { installationQuery } from "@/api/updates";
import { dateTime } from "@/lib/time";
import { isUnderWay, reasonWords } from "@/lib/updates";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { StepTag } from "@/ui/StepTag";
import { StepTimeline } from "@/ui/StepTimeline";
import { TextLink } from "@/ui/TextLink";

interface HistoryProps {
  history: readonly Installation[];
  /** May see the rollouts they were part of. */
  links: boolean;
}

/** What was brought to this device, newest first. */
export function History({ history, links }: HistoryProps) {
  if (history.length === 0)
    return (
      <Empty title="Nothing has been installed from here yet">What comes by a rollout is listed here.</Empty>
    );
  return (
    <Rows label="Installations">
      {history.map((one) => (
        <InstallationRow key={one.rollout_id} one={one} links={links} />
      ))}
    </Rows>
  );
}

function InstallationRow({ one, links }: { one: Installation; links: boolean }) {
  const { from, to, state, progress, rollout_id: rollout } = one;
  const [opened, setOpened] = useState(false);
  return (
    <Row
      title={`${from ?? "unknown"} → ${to}`}
      note={
        <>
          <Reason one={one} />
          {isUnderWay(state) && <Progress value={100 * progress} my={6} aria-label={`Progress of ${to}`} />}
          <div>
            {dateTime(one.changed_at)}
            {links && (
              <>
                {" · "}
                <TextLink to="/updates/rollouts/$rolloutId" params={{ rolloutId: rollout }}>
                  Rollout {rollout}
                </TextLink>
              </>
            )}
          </div>
          {opened && <Steps one={one} />}
        </>
      }
      actions={
        <>
          <StepTag step={state} progress={progress} />
          <Button
            variant="default"
            size="compact-sm"
            aria-expanded={opened}
            aria-label={`Steps of rollout ${rollout}`}
            onClick={() => setOpened(!opened)}
          >
            Steps
          </Button>
        </>
      }
    />
  );
}

function Steps({ one }: { one: Installation }) {
  const query = useQuery(installationQuery(one.rollout_id, one.device_id, isUnderWay(one.state)));
  return (
    <Await query={query} what="the steps">
      {(events) => <StepTimeline events={events} />}
    </Await>
  );
}

function Reason({ one: { state, reason, from } }: { one: Installation }) {
  if (reason === null) return null;
  const words = state === "failed" ? reasonWords(reason, from) : reason;
  return <div>{`${words.charAt(0).toUpperCase()}${words.slice(1)}.`}</div>;
}
