import { Button, Progress, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { devicesQuery } from "@/api/devices";
import type { Device, Installation, Rollout } from "@/api/types";
import { installationQuery } from "@/api/updates";
import { isUnderWay, reasonWords } from "@/lib/updates";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Section } from "@/ui/Section";
import { StepTag } from "@/ui/StepTag";
import { StepTimeline } from "@/ui/StepTimeline";
import { TextLink } from "@/ui/TextLink";

import classes from "./Installations.module.css";

const MOST_SHOWN = 100;
const byId = (devices: readonly Device[]) => new Map(devices.map((one) => [one.id, one.name]));

const FILTERS = {
  all: { label: "All", keeps: () => true },
  moving: { label: "On their way", keeps: ({ state }: Installation) => isUnderWay(state) },
  failed: { label: "Failed", keeps: ({ state }: Installation) => state === "failed" },
  confirmed: { label: "Updated", keeps: ({ state }: Installation) => state === "confirmed" },
} as const;
type Filter = keyof typeof FILTERS;

/** Every device of the rollout, and what happened to it. */
export function Installations({ rollout }: { rollout: Rollout }) {
  const names = useQuery({ ...devicesQuery, select: byId }).data;
  const [filter, setFilter] = useState<Filter>("all");
  const [more, setMore] = useState(1);
  const found = rollout.installations.filter(FILTERS[filter].keeps);
  const shown = found.slice(0, more * MOST_SHOWN);
  return (
    <Section title="Devices">
      <SegmentedControl
        aria-label="Which devices"
        size="xs"
        mb="sm"
        value={filter}
        onChange={(chosen) => setFilter(chosen as Filter)}
        data={Object.entries(FILTERS).map(([value, { label }]) => ({ value, label }))}
      />
      {shown.length === 0 ? (
        <Empty title="No device is like that" />
      ) : (
        <ul className={classes.devices} aria-label="Devices">
          {shown.map((one) => (
            <DeviceLine
              key={one.device_id}
              one={one}
              name={names?.get(one.device_id) ?? `device ${one.device_id}`}
            />
          ))}
        </ul>
      )}
      {found.length > shown.length && (
        <Button variant="default" size="xs" mt="sm" onClick={() => setMore(more + 1)}>
          Show more ({found.length - shown.length} left)
        </Button>
      )}
    </Section>
  );
}

function DeviceLine({ one, name }: { one: Installation; name: string }) {
  const { state, progress, reason, from, to, wave } = one;
  const [opened, setOpened] = useState(false);
  return (
    <li>
      <div className={classes.line}>
        <div className={classes.name}>
          <TextLink to="/devices/$deviceId/updates" params={{ deviceId: one.device_id }}>
            {name}
          </TextLink>
        </div>
        <div className={classes.way}>
          wave {wave + 1}, {from ?? "unknown"} → {to}
        </div>
        <div className={classes.step}>
          <StepTag step={state} progress={progress} />
          {state === "downloading" && (
            <Progress value={100 * progress} size="sm" mt={4} aria-label={`Download of ${name}`} />
          )}
          {reason !== null && state !== "cancelled" && (
            <div className={classes.reason}>{state === "failed" ? reasonWords(reason, from) : reason}</div>
          )}
        </div>
        <Button
          variant="default"
          size="compact-sm"
          className={classes.opener ?? ""}
          aria-expanded={opened}
          aria-label={`History of ${name}`}
          onClick={() => setOpened(!opened)}
        >
          History
        </Button>
      </div>
      {opened && <History one={one} />}
    </li>
  );
}

function History({ one }: { one: Installation }) {
  const query = useQuery(installationQuery(one.rollout_id, one.device_id, isUnderWay(one.state)));
  return (
    <Await query={query} what="the history">
      {(events) => <StepTimeline events={events} />}
    </Await>
  );
}
