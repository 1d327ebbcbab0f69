import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { openAlertsQuery } from "@/api/alerts";
import { devicesQuery } from "@/api/devices";
import { useServerNow } from "@/api/live/clock";
import { rulesQuery } from "@/api/rules";
import { useIsAdmin, useMayOperate, useMe } from "@/api/session";
import type { Alert } from "@/api/types";
import { AlertTabs } from "@/ui/AlertTabs";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Page } from "@/ui/Page";

import { AlertCard } from "./AlertCard";
import { AlertHistory } from "./AlertHistory";

const GRAVITY = { critical: 0, warning: 1, info: 2 };

/** What nobody has seen comes first, the gravest of it on top; what is snoozed waits at the end. */
function inOrder(alerts: readonly Alert[], now: number): Alert[] {
  const rank = (alert: Alert) =>
    (alert.state === "raised" ? 0 : 10) +
    (alert.snoozed_until !== null && alert.snoozed_until > now ? 20 : 0) +
    GRAVITY[alert.severity];
  return alerts.toSorted((a, b) => rank(a) - rank(b) || b.raised_at - a.raised_at);
}

/** What wants to be seen now, and what was. */
export function AlertsPage() {
  const open = useQuery(openAlertsQuery);
  const devices = useQuery(devicesQuery).data ?? [];
  const now = useServerNow(10_000);
  const me = useMe()?.username ?? "";
  return (
    <Page title="Alerts">
      <AlertTabs operator={useMayOperate()} admin={useIsAdmin()} />
      <Stack gap="xl">
        <section aria-labelledby="open-alerts">
          <h2 id="open-alerts" className="visually-hidden">
            Open alerts
          </h2>
          <Await query={open} what="the alerts">
            {(alerts) =>
              alerts.length === 0 ? (
                <AllQuiet />
              ) : (
                <Stack component="ul" className="plain-list" gap="sm" aria-label="Open alerts">
                  {inOrder(alerts, now).map((alert) => (
                    <AlertCard key={alert.id} alert={alert} devices={devices} now={now} me={me} />
                  ))}
                </Stack>
              )
            }
          </Await>
        </section>
        <AlertHistory devices={devices} now={now} />
      </Stack>
    </Page>
  );
}

const WATCHES: Readonly<Record<string, string>> = {
  silence: "a device that falls silent",
  stuck: "a value that never changes",
  implausible: "a value that cannot be true",
};
const COUNTS = ["No rule watches", "One rule watches", "Two rules watch", "Three rules watch"];

/** Nothing is open; what would be noticed. */
function AllQuiet() {
  const rules = useQuery(rulesQuery).data?.filter(({ enabled }) => enabled) ?? [];
  const builtin = rules.flatMap(({ builtin: name }) => WATCHES[name ?? ""] ?? []);
  const own = rules.length - builtin.length;
  return (
    <Empty title="All quiet">
      {builtin.length > 0 && `${COUNTS[builtin.length] ?? "Rules watch"} by default: ${builtin.join(", ")}. `}
      {own > 0 &&
        `${own} ${own === 1 ? "rule" : "rules"} of your own ${own === 1 ? "watches" : "watch"} as well.`}
    </Empty>
  );
}
