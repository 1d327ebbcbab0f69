import "@/ui/forms.css";

import { Anchor, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { deviceQuery } from "@/api/devices";
import { useIsAdmin } from "@/api/session";
import type { Device } from "@/api/types";
import { tellsEnergy } from "@/lib/energy";
import { Await } from "@/ui/Await";
import { DeviceTabs } from "@/ui/DeviceTabs";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { Channels } from "./Channels";
import { DeleteDevice } from "./DeleteDevice";
import { Groups } from "./Groups";
import { Rename } from "./Rename";
import { ReplaceDevice } from "./ReplaceDevice";
import { RotateToken } from "./RotateToken";
import { Sharing } from "./Sharing";

/** Everything about one device that can be set. */
export function DeviceSettingsPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/settings" });
  const query = useQuery(deviceQuery(deviceId));
  const back = (
    <Anchor component={Link} to="/" size="sm" className="way-back">
      <Icon name="back" size={14} /> Overview
    </Anchor>
  );
  return (
    <Page title={query.data?.name ?? "Device"} before={back}>
      <DeviceTabs
        deviceId={deviceId}
        energy={tellsEnergy(query.data?.channels ?? [])}
        dialect={query.data?.dialect}
        settings
      />
      <Await query={query} what="the device">
        {(device) => <Settings key={device.id} device={device} />}
      </Await>
    </Page>
  );
}

function Settings({ device }: { device: Device }) {
  const isAdmin = useIsAdmin();
  return (
    <Stack gap="lg">
      <Section title="Device">
        <Stack gap="md">
          <Rename device={device} />
          <Groups device={device} />
          <Rows label="Credentials">
            <Row
              title="Token"
              note={
                device.owns_token
                  ? "The device signs in with a token of its own."
                  : "Anything in the allowed networks may send in its name. With a token, only the device can."
              }
              actions={<RotateToken device={device} />}
            />
          </Rows>
        </Stack>
      </Section>
      <Channels device={device} />
      {isAdmin && <Sharing device={device} />}
      {isAdmin && (
        <Section title="Replace or delete">
          <Rows label="Replace or delete">
            <Row
              title="Another unit took its place"
              note="History and counters go on where this one stopped."
              actions={<ReplaceDevice device={device} />}
            />
            <Row
              title="It is no longer wanted"
              note="The device goes, and all that it has recorded."
              actions={<DeleteDevice device={device} />}
            />
          </Rows>
        </Section>
      )}
    </Stack>
  );
}
