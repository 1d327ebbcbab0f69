import { Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Trial, useJudgeTrial } from "@/api/lab";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";

const words = ({ accepted, reason }: Trial): string =>
  accepted === null
    ? "Nobody has decided yet whether this trial counts."
    : accepted
      ? "Accepted: it counts."
      : `Rejected${reason === "" ? "" : `: ${reason}`}. It does not count.`;

/** Whether a trial counts is a person's decision, and can be taken back. */
export function Verdict({ trial }: { trial: Trial }) {
  const judge = useJudgeTrial();
  const [reason, setReason] = useState("");
  if (trial.state !== "done") return null;
  const tell = (accepted: boolean | null) =>
    judge.mutate({ id: trial.id, accepted, reason: accepted === false ? reason.trim() : "" });
  return (
    <Section title="Does it count?">
      <Text mb="sm">{words(trial)}</Text>
      <Group align="end" gap="sm">
        {trial.accepted !== true && (
          <Button loading={judge.isPending} onClick={() => tell(true)}>
            Accept
          </Button>
        )}
        {trial.accepted !== false && (
          <>
            <TextInput
              label="Why not (optional)"
              maxLength={200}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Button variant="default" loading={judge.isPending} onClick={() => tell(false)}>
              Reject
            </Button>
          </>
        )}
        {trial.accepted !== null && (
          <Button variant="default" loading={judge.isPending} onClick={() => tell(null)}>
            Take back
          </Button>
        )}
      </Group>
      <FormTrouble error={judge.error} />
    </Section>
  );
}
