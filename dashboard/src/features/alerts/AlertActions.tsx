import { Button, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useAcknowledge, useClearAlert } from "@/api/alerts";
import { useMayOperate } from "@/api/session";
import type { Alert } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { Icon } from "@/ui/Icon";
import { useToast } from "@/ui/toasts";

import { SnoozeDialog } from "./SnoozeDialog";

type Asked = "acknowledge" | "snooze" | "clear";

/** What can be done with an open alert, by whoever may. */
export function AlertActions({ alert }: { alert: Alert }) {
  const mayOperate = useMayOperate();
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!mayOperate || alert.state === "cleared") return null;
  const leave = () => setAsked(null);
  const about = `: ${alert.text}`;
  return (
    <>
      {alert.state === "raised" && (
        <Button
          px={14}
          leftSection={<Icon name="check" size={16} />}
          aria-label={`Acknowledge${about}`}
          onClick={() => setAsked("acknowledge")}
        >
          Acknowledge
        </Button>
      )}
      <Button variant="default" px={14} aria-label={`Snooze${about}`} onClick={() => setAsked("snooze")}>
        Snooze
      </Button>
      <Button variant="default" px={14} aria-label={`Clear${about}`} onClick={() => setAsked("clear")}>
        Clear
      </Button>
      {asked === "acknowledge" && <Acknowledge alert={alert} onClose={leave} />}
      {asked === "snooze" && <SnoozeDialog alert={alert} onClose={leave} />}
      {asked === "clear" && <Clear alert={alert} onClose={leave} />}
    </>
  );
}

interface PartProps {
  alert: Alert;
  onClose: () => void;
}

function Acknowledge({ alert, onClose }: PartProps) {
  const [note, setNote] = useState("");
  const acknowledge = useAcknowledge();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    acknowledge.mutate({ id: alert.id, note: note.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title="Acknowledge">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{alert.text}. You are on it: nobody is reminded of it any more.</Text>
          <TextInput
            label="Note (optional)"
            placeholder="What it is, or what you do about it"
            maxLength={500}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <FormTrouble error={acknowledge.error} />
          <Button type="submit" loading={acknowledge.isPending} ml="auto">
            Acknowledge
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}

function Clear({ alert, onClose }: PartProps) {
  const clear = useClearAlert();
  const toast = useToast();
  const confirm = () =>
    // A cleared alert leaves the list, and this dialog goes with it.
    void clear.mutateAsync({ id: alert.id }).then(
      () => {
        onClose();
        toast({ text: `Cleared: ${alert.text}` });
      },
      () => undefined,
    );
  return (
    <Confirm
      opened
      title="Clear this alert"
      verb="Clear"
      busy={clear.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      {alert.text}. It counts as over now, and comes back only when its cause ends and begins anew. Usually an
      alert clears by itself.
      <FormTrouble error={clear.error} />
    </Confirm>
  );
}
