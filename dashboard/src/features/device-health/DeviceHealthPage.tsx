import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { shadowQuery } from "@/api/control";
import { deviceQuery } from "@/api/devices";
import { useServerNow } from "@/api/live/clock";
import { useLiveValues } from "@/api/live/useLive";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { hasShadow } from "@/lib/dialects";
import { ago } from "@/lib/time";
import { DeviceFrame } from "@/ui/DeviceFrame";
import { Facts } from "@/ui/Facts";
import { Presence } from "@/ui/Presence";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import classes from "./DeviceHealthPage.module.css";
import {
  clockFinding,
  type Finding,
  identityFacts,
  ownFindings,
  reportedFacts,
  reportedHealth,
} from "./health";

/** Signal, memory, clock, and what the device said of itself when it started. */
export function DeviceHealthPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/health" });
  const query = useQuery(deviceQuery(deviceId));
  return (
    <DeviceFrame deviceId={deviceId} query={query} settings={useMayOperate()}>
      {(device) => <Everything key={device.id} device={device} />}
    </DeviceFrame>
  );
}

function Everything({ device }: { device: Device }) {
  const now = useServerNow(5_000);
  const values = useLiveValues(device.channels.map(({ id }) => id));
  const shadow = useQuery({ ...shadowQuery(device.id), enabled: hasShadow(device.dialect) });
  const findings = [
    ...ownFindings(device, values, now),
    ...(shadow.data ? reportedHealth(device, shadow.data, now) : []),
    clockFinding(device, values),
  ];
  const seen = device.last_seen_at;
  const presence = `${device.online ? "Online" : "Offline"}, ${seen === null ? "never heard of" : `last heard ${ago(seen, now)}`}`;
  return (
    <Stack gap="lg">
      <Section title="Health" actions={<Presence online={device.online} text={presence} />}>
        <Rows label="Health">
          {findings.map((finding) => (
            <FindingRow key={finding.name} finding={finding} />
          ))}
        </Rows>
      </Section>
      <Section title="What it said of itself">
        <Facts facts={[...identityFacts(device), ...(shadow.data ? reportedFacts(shadow.data) : [])]} />
      </Section>
    </Stack>
  );
}

const VERDICTS = { good: "Good", fair: "Fair", poor: "Poor" };

function FindingRow({ finding: { name, value, note, verdict } }: { finding: Finding }) {
  return (
    <Row
      title={name}
      note={note}
      actions={
        <>
          <strong className="tabular">{value}</strong>
          {verdict !== null && (
            <span className={classes.verdict} data-verdict={verdict}>
              {VERDICTS[verdict]}
            </span>
          )}
        </>
      }
    />
  );
}
