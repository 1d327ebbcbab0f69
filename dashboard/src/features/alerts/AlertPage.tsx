import { Anchor, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { alertQuery } from "@/api/alerts";
import { devicesQuery } from "@/api/devices";
import { useServerNow } from "@/api/live/clock";
import { useMayOperate, useMe } from "@/api/session";
import type { AlertDelivery, AlertDetail, AlertTransition, Channel } from "@/api/types";
import { standingWords } from "@/lib/alerts";
import { channelLabel, readingOf } from "@/lib/channels";
import { deliveryWords } from "@/lib/deliveries";
import { ago, dateTime, duration } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { SeverityTag } from "@/ui/SeverityTag";
import { Tag } from "@/ui/Tag";

import { AlertActions } from "./AlertActions";
import { AlertChart } from "./AlertChart";
import classes from "./AlertPage.module.css";
import { countWords, placeOf, toldWords, transitionWords, valueWords } from "./words";

const BACK = (
  <Anchor component={Link} to="/alerts" size="sm" className="way-back">
    <Icon name="back" size={14} /> Alerts
  </Anchor>
);

/** One alert: what it was about, what happened to it, who was told. */
export function AlertPage() {
  const { alertId } = useParams({ from: "/inside/alerts/$alertId" });
  const query = useQuery(alertQuery(alertId));
  return (
    <Page title={query.data?.alert.title ?? "Alert"} before={BACK}>
      <Await query={query} what="the alert">
        {(detail) => <Everything detail={detail} />}
      </Await>
    </Page>
  );
}

function Everything({ detail: { alert, transitions, deliveries } }: { detail: AlertDetail }) {
  const devices = useQuery(devicesQuery).data ?? [];
  const now = useServerNow(5_000);
  const me = useMe()?.username ?? "";
  const mayOperate = useMayOperate();
  const place = placeOf(alert, devices);
  const { device, channel } = place;
  const value = valueWords(alert, place);
  return (
    <Stack gap="lg">
      <Section title={alert.text} actions={<SeverityTag severity={alert.severity} />}>
        <dl className={classes.facts}>
          <Fact name="State">
            {standingWords(alert, now, me)}
            {alert.note !== "" && `: ${alert.note}`}
          </Fact>
          <Fact name="Raised">
            {dateTime(alert.raised_at)} ({ago(alert.raised_at, now)})
          </Fact>
          {alert.cleared_at !== null && (
            <Fact name="Over">
              {dateTime(alert.cleared_at)}, after {duration(alert.cleared_at - alert.raised_at)}
            </Fact>
          )}
          {value !== "" && <Fact name="Value when raised">{value}</Fact>}
          {device !== null && (
            <Fact name="Device">
              <Anchor
                component={Link}
                to="/devices/$deviceId"
                params={{ deviceId: device.id } as never}
                inherit
              >
                {device.name}
              </Anchor>
              {channel !== null && `, ${channelLabel(channel)}`}
            </Fact>
          )}
          {mayOperate && alert.rule_id !== null && (
            <Fact name="Rule">
              <Anchor
                component={Link}
                to="/rules/$ruleId"
                params={{ ruleId: alert.rule_id } as never}
                inherit
              >
                {alert.title}
              </Anchor>
            </Fact>
          )}
          {alert.count > 1 && <Fact name="How often">{countWords(alert.count)} within its cool-down</Fact>}
        </dl>
        <Group gap="xs" mt="md">
          <AlertActions alert={alert} />
        </Group>
      </Section>
      {channel !== null && <AlertChart alert={alert} channel={channel} now={now} />}
      <Timeline transitions={transitions} channel={channel} />
      {mayOperate && <Deliveries deliveries={deliveries} />}
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Timeline({
  transitions,
  channel,
}: {
  transitions: readonly AlertTransition[];
  channel: Channel | null;
}) {
  const said = ({ value }: AlertTransition) => {
    if (value === null || channel === null) return "";
    const { text, unit } = readingOf(channel, value);
    return ` at ${text} ${unit}`.trimEnd();
  };
  return (
    <Section title="What happened">
      <ol className={`plain-list ${classes.timeline ?? ""}`} aria-label="What happened">
        {transitions.map((one, number) => (
          <li key={number} data-event={one.event}>
            <time dateTime={new Date(one.at).toISOString()}>{dateTime(one.at)}</time>
            <span>
              {transitionWords(one)}
              {said(one)}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Deliveries({ deliveries }: { deliveries: readonly AlertDelivery[] }) {
  return (
    <Section title="Who was told">
      {deliveries.length === 0 ? (
        <Empty title="Nobody was told">
          No target wants to hear of this one, or what it has to say still waits for the end of quiet hours.
        </Empty>
      ) : (
        <Rows label="Notifications of this alert">
          {deliveries.map((one) => (
            <Row
              key={one.id}
              title={
                <>
                  {one.target_name} <Tag>{deliveryWords(one.state)}</Tag>
                </>
              }
              note={
                <>
                  {toldWords(one.event)}, {dateTime(one.changed_at)}
                  {one.attempts > 1 && `, ${one.attempts} attempts`}
                  {one.reason !== "" && <Text component="span" inherit>{`: ${one.reason}`}</Text>}
                </>
              }
            />
          ))}
        </Rows>
      )}
    </Section>
  );
}
