import { Button } from "@mantine/core";

import { type Trial, useStopTrial } from "@/api/lab";
import { useMe } from "@/api/session";
import { clock } from "@/lib/time";
import { useServerNow } from "@/api/live/clock";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";

/** A trial of this session is running, and not from here. */
export function OpenTrial({ trial }: { trial: Trial }) {
  const me = useMe();
  const stop = useStopTrial();
  const now = useServerNow(10_000);
  const who = trial.started_by === me?.username ? "You" : trial.started_by;
  return (
    <Section
      title={`Trial ${trial.number} is ${trial.state === "armed" ? "waiting for force" : "running"}`}
      tone="notice"
      hint={`${who} started it at ${clock(trial.asked_at, now)}, in another window or with another device. Nobody else can start one until it is over.`}
    >
      <FormTrouble error={stop.error} />
      <Button variant="default" size="md" loading={stop.isPending} onClick={() => stop.mutate(trial.id)}>
        Stop that trial
      </Button>
    </Section>
  );
}
