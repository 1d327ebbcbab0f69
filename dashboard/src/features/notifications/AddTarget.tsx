import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useAddTarget } from "@/api/notifications";
import type { TargetKinds } from "@/api/types";
import { Dialog } from "@/ui/Dialog";

import { newDraft, newSecret, targetBody, type Way } from "./draft";
import { SecretLine } from "./SecretLine";
import { TargetForm } from "./TargetForm";
import classes from "./Targets.module.css";
import { WAYS } from "./words";

interface AddTargetProps {
  kinds: TargetKinds;
  zone: string;
  onClose: () => void;
}

/** First how, then where. */
export function AddTarget({ kinds, zone, onClose }: AddTargetProps) {
  const [way, setWay] = useState<Way | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const add = useAddTarget();
  if (add.data && secret !== null) {
    return (
      <Dialog opened onClose={onClose} title={`${add.data.name} is added`} keep>
        <SecretLine secret={secret} onDone={onClose} />
      </Dialog>
    );
  }
  if (way === null) {
    return (
      <Dialog opened onClose={onClose} title="Add a place for messages">
        <Stack gap="sm">
          {ways(kinds).map(({ value, label, help }) => (
            <button key={value} type="button" className={classes.way} onClick={() => setWay(value)}>
              <strong>{label}</strong>
              <Text component="span" size="sm" c="dimmed">
                {help}
              </Text>
            </button>
          ))}
        </Stack>
      </Dialog>
    );
  }
  const title = ways(kinds).find(({ value }) => value === way)?.label ?? way;
  return (
    <Dialog opened onClose={onClose} title={title} keep>
      <Stack>
        <Button variant="default" size="xs" mr="auto" onClick={() => setWay(null)}>
          Another way
        </Button>
        <TargetForm
          initial={newDraft(kinds, way)}
          kinds={kinds}
          kept={null}
          zone={zone}
          busy={add.isPending}
          error={add.error}
          onSubmit={(draft) => {
            const made = draft.sign ? newSecret() : null;
            setSecret(made);
            add.mutate(targetBody(draft, kinds, made), made === null ? { onSuccess: onClose } : {});
          }}
        />
      </Stack>
    </Dialog>
  );
}

/** The ways this server has, those that we describe first. */
function ways({ kinds }: TargetKinds) {
  const offered = new Set(kinds.map(({ name }) => name));
  const described = WAYS.filter(({ value }) => offered.has(value === "ntfy" ? "apprise" : value));
  const others = kinds.filter(({ name }) => !WAYS.some(({ value }) => value === name));
  return [...described, ...others.map(({ name, label }) => ({ value: name, label, help: "" }))];
}
