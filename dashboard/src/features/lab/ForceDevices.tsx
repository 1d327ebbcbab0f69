import { Text } from "@mantine/core";
import { TextLink } from "@/ui/TextLink";

import { type ForceDevice, useStream } from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { LinkButton } from "@/ui/LinkButton";
import { Presence } from "@/ui/Presence";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { Button, Stack } from "@mantine/core";

import { calibrationWords, isBare, samplingWords } from "./words";

/** What can measure force, and how well it does. */
export function ForceDevices({ devices }: { devices: readonly ForceDevice[] }) {
  if (devices.length === 0) return <NoDevice />;
  return (
    <Section title="Force devices">
      <Rows label="Force devices">
        {devices.map((device) => (
          <DeviceRow key={device.device_id} device={device} />
        ))}
      </Rows>
    </Section>
  );
}

function DeviceRow({ device }: { device: ForceDevice }) {
  const mayOperate = useMayOperate();
  const stream = useStream();
  const { device_id: deviceId, name, connected, streaming, note, state } = device;
  return (
    <Row
      title={
        <>
          <Presence online={connected} text={connected ? "Connected" : "Away"} />
          <TextLink to="/devices/$deviceId" params={{ deviceId }}>
            {name}
          </TextLink>
          {state !== "claimed" && <Tag>not claimed</Tag>}
          {isBare(device) && <Tag>not calibrated</Tag>}
        </>
      }
      note={
        <>
          <span>{samplingWords(device)}</span>
          <br />
          <span>{calibrationWords(device)}</span>
          {note !== "" && (
            <Text span size="sm" display="block" c="var(--warning)">
              {note}
            </Text>
          )}
          {stream.error !== null && (
            <Text span size="sm" display="block" c="error" role="alert">
              {stream.error.message}
            </Text>
          )}
        </>
      }
      actions={
        mayOperate && (
          <>
            <Button
              variant="default"
              size="sm"
              loading={stream.isPending}
              disabled={!connected}
              onClick={() => stream.mutate({ device: deviceId, command: streaming ? "stop" : "start" })}
            >
              {streaming ? "Stop streaming" : "Start streaming"}
            </Button>
            <LinkButton variant="default" size="sm" to="/lab/calibration" search={{ device: deviceId }}>
              Calibrate
            </LinkButton>
          </>
        )
      }
    />
  );
}

function NoDevice() {
  return (
    <Section
      title="No force device yet"
      hint="A force device tells its cells by itself; nothing is set up here."
    >
      <Stack gap="xs">
        <Text size="sm" maw="70ch">
          <strong>A rig you already have.</strong> Leave its firmware as it is and point it at this server:
          address <strong>{location.hostname}</strong>, path <code>/ws</code>. Within seconds it appears here.
        </Text>
        <Text size="sm" maw="70ch">
          <strong>Two rigs behind one address?</strong> Let each connect to <code>/ws?device=NAME</code>, so
          that they can be told apart.
        </Text>
        <Text size="sm" maw="70ch">
          <strong>A device with a token.</strong> Add it under <TextLink to="/">Devices</TextLink>; channels
          that measure force in newtons or counts are recognised when they are announced.
        </Text>
      </Stack>
    </Section>
  );
}
