import { Button, Group, NativeSelect, Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { alertHistoryQuery, type Wanted } from "@/api/alerts";
import type { Alert, Device, Severity } from "@/api/types";
import { standingWords } from "@/lib/alerts";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { SEVERITY_WORDS, SeverityTag } from "@/ui/SeverityTag";

import classes from "./AlertHistory.module.css";

const DAY = 86_400_000;
const SPANS = [
  { value: "", label: "Any time" },
  { value: String(DAY), label: "Last 24 hours" },
  { value: String(7 * DAY), label: "Last 7 days" },
  { value: String(30 * DAY), label: "Last 30 days" },
];

interface AlertHistoryProps {
  devices: readonly Device[];
  now: number;
}

/** What is over, newest first. */
export function AlertHistory({ devices, now }: AlertHistoryProps) {
  const [device, setDevice] = useState("");
  const [severity, setSeverity] = useState("");
  const [span, setSpan] = useState({ length: "", from: 0 });
  const wanted: Wanted = {
    state: "cleared",
    ...(device !== "" && { device }),
    ...(severity !== "" && { severity: severity as Severity }),
    ...(span.length !== "" && { from: span.from }),
  };
  const query = useInfiniteQuery(alertHistoryQuery(wanted));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const filtered = Object.keys(wanted).length > 1;
  return (
    <Section title="History">
      <Stack>
        <Group align="flex-end">
          <NativeSelect
            label="Device"
            className={classes.filter ?? ""}
            data={[
              { value: "", label: "Every device" },
              ...devices.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={device}
            onChange={(event) => setDevice(event.currentTarget.value)}
          />
          <NativeSelect
            label="Severity"
            className={classes.filter ?? ""}
            data={[
              { value: "", label: "Any" },
              ...Object.entries(SEVERITY_WORDS).map(([value, label]) => ({ value, label })),
            ]}
            value={severity}
            onChange={(event) => setSeverity(event.currentTarget.value)}
          />
          <NativeSelect
            label="When"
            className={classes.filter ?? ""}
            data={SPANS}
            value={span.length}
            onChange={(event) => {
              const length = event.currentTarget.value;
              setSpan({ length, from: Math.round(now) - Number(length) });
            }}
          />
        </Group>
        <Await query={query} what="the history">
          {({ pages }) => <Past alerts={pages.flatMap(({ items }) => items)} filtered={filtered} now={now} />}
        </Await>
        {hasNextPage && (
          <Group justify="center">
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Load older alerts
            </Button>
          </Group>
        )}
      </Stack>
    </Section>
  );
}

interface PastProps {
  alerts: readonly Alert[];
  filtered: boolean;
  now: number;
}

function Past({ alerts, filtered, now }: PastProps) {
  if (alerts.length === 0) {
    return (
      <Empty title={filtered ? "No alert fits the filter" : "No alert is over yet"}>
        Alerts are kept for two years after they are over.
      </Empty>
    );
  }
  return (
    <Rows label="Alerts that are over">
      {alerts.map((alert) => (
        <Row
          key={alert.id}
          title={
            <Link to="/alerts/$alertId" params={{ alertId: alert.id }} className={classes.sentence ?? ""}>
              {alert.text}
            </Link>
          }
          note={
            <>
              {dateTime(alert.raised_at)} · {standingWords(alert, now)}
              {alert.note !== "" && ` · ${alert.acknowledged_by}: ${alert.note}`}
            </>
          }
          actions={<SeverityTag severity={alert.severity} />}
        />
      ))}
    </Rows>
  );
}
