import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { commandsQuery } from "@/api/control";
import { useServerNow } from "@/api/live/clock";
import { useMe } from "@/api/session";
import type { Command, Device } from "@/api/types";
import { authorWords } from "@/lib/outputs";
import { ago, dateTime, duration } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import classes from "./Commands.module.css";
import { valueWords } from "./shadow";

const WORDS: Readonly<Record<Command["state"], string>> = {
  queued: "waits for the device",
  sent: "sent, no answer yet",
  acknowledged: "the device is at it",
  succeeded: "done",
  failed: "failed",
  expired: "expired",
};
const OPEN = new Set<Command["state"]>(["queued", "sent"]);

/** Orders of this device, newest first, as they go on. */
export function Commands({ device }: { device: Device }) {
  const query = useQuery(commandsQuery(device.id));
  return (
    <Section title="Orders">
      <Await query={query} what="the orders">
        {(commands) =>
          commands.length === 0 ? (
            <Empty title="No order was given yet" />
          ) : (
            <Rows label="Orders">
              {commands.map((command) => (
                <CommandRow key={command.id} command={command} />
              ))}
            </Rows>
          )
        }
      </Await>
    </Section>
  );
}

function CommandRow({ command }: { command: Command }) {
  const now = useServerNow(1_000);
  const me = useMe()?.username ?? "";
  const { name, args, state, detail, actor, reason, created_at: at, expires_at: until } = command;
  const given = Object.entries(args).map(([key, value]) => `${key} ${valueWords(value)}`);
  return (
    <Row
      title={
        <>
          {name}
          {given.length > 0 && (
            <Text component="span" size="sm" c="dimmed">
              {given.join(", ")}
            </Text>
          )}
        </>
      }
      note={
        <span title={dateTime(at)}>
          {authorWords(actor, me)}, {ago(at, now)}
          {reason !== "" && `: ${reason}`}
        </span>
      }
      actions={
        <span className={classes.state} data-state={state}>
          {WORDS[state]}
          {detail !== "" && `: ${detail}`}
          {OPEN.has(state) && until > now && ` (${duration(until - now)} left)`}
        </span>
      }
    />
  );
}
