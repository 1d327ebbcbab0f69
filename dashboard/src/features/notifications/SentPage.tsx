import { Anchor, Button, Group, Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { notificationsQuery } from "@/api/notifications";
import { useIsAdmin } from "@/api/session";
import type { Notification } from "@/api/types";
import { deliveryWords } from "@/lib/deliveries";
import { dateTime } from "@/lib/time";
import { AlertTabs } from "@/ui/AlertTabs";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { SeverityTag } from "@/ui/SeverityTag";
import { Tag } from "@/ui/Tag";

import classes from "./Targets.module.css";

/** What was sent to whom, and what became of it. */
export function SentPage() {
  const query = useInfiniteQuery(notificationsQuery);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  return (
    <Page title="Sent notifications">
      <AlertTabs operator admin={useIsAdmin()} />
      <Section
        title="Newest first"
        hint="What does not arrive is tried again after 1, 2, 4 … minutes, then hourly, for two days."
      >
        <Stack>
          <Await query={query} what="the notifications">
            {({ pages }) => <Entries items={pages.flatMap(({ items }) => items)} />}
          </Await>
          {hasNextPage && (
            <Group justify="center">
              <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Load older ones
              </Button>
            </Group>
          )}
        </Stack>
      </Section>
    </Page>
  );
}

function Entries({ items }: { items: readonly Notification[] }) {
  if (items.length === 0)
    return (
      <Empty title="Nothing has been sent yet">
        What alerts tell is kept here for 90 days, with every attempt and what was answered.
      </Empty>
    );
  return (
    <Rows label="Notifications">
      {items.map((one) => (
        <Entry key={one.id} one={one} />
      ))}
    </Rows>
  );
}

const EVENTS: Readonly<Record<string, string>> = {
  raised: "raised",
  cleared: "over",
  escalated: "not acknowledged in time",
};

function Entry({ one }: { one: Notification }) {
  const { message, rule, event, target, state, attempts, reason, history, due_at: due } = one;
  return (
    <Row
      title={
        <>
          <Anchor
            component={Link}
            to="/alerts/$alertId"
            params={{ alertId: one.alert_id } as never}
            c="inherit"
            fw={600}
          >
            {message || rule}
          </Anchor>
          <Tag>{deliveryWords(state)}</Tag>
        </>
      }
      note={
        <>
          {EVENTS[event] ?? event}, to {target} · {dateTime(one.changed_at)}
          {reason !== "" && ` · ${reason}`}
          {due !== null && ` · next attempt ${dateTime(due)}`}
          {history.length > 1 && (
            <details className={classes.attempts}>
              <summary>{attempts} attempts</summary>
              <ol>
                {history.map((attempt) => (
                  <li key={attempt.at}>
                    {dateTime(attempt.at)}: {attempt.outcome}
                  </li>
                ))}
              </ol>
            </details>
          )}
        </>
      }
      actions={<SeverityTag severity={one.severity} />}
    />
  );
}
