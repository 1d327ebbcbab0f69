import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { auditQuery } from "@/api/audit";
import type { AuditEntry } from "@/api/types";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

import classes from "./AuditPage.module.css";
import { actionWords, actorWords, matches } from "./words";

const HINT = "Every change that a person or a token made, newest first. It cannot be edited.";
const FILTER_PX = 280;

/** Who changed what, and when. */
export function AuditPage() {
  const query = useInfiniteQuery(auditQuery);
  const [wanted, setWanted] = useState("");
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  return (
    <Page title="Audit">
      <Section title="Changes" hint={HINT}>
        <Stack>
          <TextInput
            label="Filter"
            placeholder="A name, a device, an action"
            type="search"
            maw={FILTER_PX}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          <Await query={query} what="the changes">
            {({ pages }) => <Entries entries={pages.flat()} wanted={wanted} whole={!hasNextPage} />}
          </Await>
          {hasNextPage && (
            <Group justify="center">
              <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Load older changes
              </Button>
            </Group>
          )}
        </Stack>
      </Section>
    </Page>
  );
}

interface EntriesProps {
  entries: readonly AuditEntry[];
  wanted: string;
  /** Everything is loaded. */
  whole: boolean;
}

function Entries({ entries, wanted, whole }: EntriesProps) {
  const found = entries.filter((entry) => matches(entry, wanted));
  const searched = whole ? "" : ` of the newest ${entries.length}; load older ones to search further`;
  return (
    <>
      {wanted !== "" && (
        <Text size="sm" c="dimmed" role="status">
          {found.length} {found.length === 1 ? "change" : "changes"} found{searched}
        </Text>
      )}
      {found.length === 0 ? (
        <Empty title={wanted === "" ? "Nothing has been changed yet" : "No change fits the filter"}>
          What people and tokens change is kept here.
        </Empty>
      ) : (
        <ol className={`plain-list ${classes.changes ?? ""}`} aria-label="Changes">
          {found.map((entry) => (
            <Change key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
    </>
  );
}

function Change({ entry }: { entry: AuditEntry }) {
  const detail = entry.detail === entry.subject ? "" : entry.detail;
  return (
    <li className={classes.change}>
      <time dateTime={new Date(entry.at).toISOString()}>{dateTime(entry.at)}</time>
      <span>
        <strong>{actorWords(entry.actor)}</strong> {actionWords(entry.action)}{" "}
        <strong>{entry.subject}</strong>
        {detail !== "" && <span className={classes.detail}> ({detail})</span>}
      </span>
    </li>
  );
}
