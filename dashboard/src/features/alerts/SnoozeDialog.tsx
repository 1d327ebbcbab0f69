import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { useSnooze } from "@/api/alerts";
import { useServerNow } from "@/api/live/clock";
import { sitesQuery } from "@/api/system";
import type { Alert } from "@/api/types";
import { localZone } from "@/lib/zones";
import { wallDayTime } from "@/lib/zoned";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

import { hoursOf, LONGEST_HOURS, tomorrow } from "./snoozing";

const HOUR_S = 3600;

/** Silence for a while; if it is still raised then, people are told again. */
export function SnoozeDialog({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const snooze = useSnooze();
  const toast = useToast();
  const now = useServerNow(10_000);
  const zone = useQuery(sitesQuery).data?.[0]?.zone ?? localZone();
  const [typed, setTyped] = useState("");
  const morning = tomorrow(now, zone);
  const custom = hoursOf(typed);
  const begin = (forS: number) =>
    snooze.mutate(
      { id: alert.id, forS },
      {
        onSuccess: () => {
          onClose();
          toast({ text: `Snoozed: ${alert.text}`, onUndo: () => snooze.mutate({ id: alert.id, forS: 0 }) });
        },
      },
    );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (custom !== null) begin(custom);
  };
  return (
    <Dialog opened onClose={onClose} title="Snooze">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            {alert.text}. Nobody is told of it meanwhile; if it is still raised then, they are again.
          </Text>
          <Group gap="xs">
            <Button
              variant="default"
              disabled={snooze.isPending}
              onClick={() => begin(HOUR_S)}
              data-autofocus
            >
              For 1 hour
            </Button>
            <Button
              variant="default"
              disabled={snooze.isPending}
              onClick={() => begin(Math.max(60, Math.round((morning - now) / 1000)))}
            >
              Until tomorrow
            </Button>
          </Group>
          <Text size="sm" c="dimmed">
            Tomorrow begins {wallDayTime(morning, zone)}, on the clocks of {zone}.
          </Text>
          <Group align="flex-end">
            <TextInput
              flex={1}
              label="Hours"
              inputMode="decimal"
              placeholder="4"
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              error={typed !== "" && custom === null ? `More than 0, at most ${LONGEST_HOURS}` : null}
              autoComplete="off"
            />
            <Button type="submit" variant="default" disabled={custom === null} loading={snooze.isPending}>
              Snooze
            </Button>
            {alert.snoozed_until !== null && (
              <Button
                variant="default"
                onClick={() => snooze.mutate({ id: alert.id, forS: 0 }, { onSuccess: onClose })}
              >
                End the snooze
              </Button>
            )}
          </Group>
          <FormTrouble error={snooze.error} />
        </Stack>
      </form>
    </Dialog>
  );
}
