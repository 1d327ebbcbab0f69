import { Stack, Text } from "@mantine/core";

import { CopyLine } from "@/ui/CopyLine";
import { Section } from "@/ui/Section";

import { curlLine, meterLine, mosquittoLine } from "./firstSample";
import { useMqttPort } from "./useMqttPort";

/** Nothing here yet: how a first value gets in. `waiting`: some device already knocks. */
export function FirstSteps({ waiting }: { waiting: boolean }) {
  const mqttPort = useMqttPort();
  return (
    <Section
      title={waiting ? "Your devices will be here" : "No device has sent anything yet"}
      hint={
        waiting
          ? "Claim the device above, or connect another in one of these ways."
          : "There are two ways in."
      }
    >
      <Stack gap="lg">
        <Stack gap="xs">
          <Text fw={600}>A meter you already have</Text>
          <Text size="sm" maw="70ch">
            Point it at this server, <strong>{location.host}</strong>, and leave it as it is. Within seconds
            of its first message it appears here, to be claimed. To see how that looks, send what such a meter
            sends:
          </Text>
          <CopyLine text={meterLine(location.origin)} label="line of an existing meter" />
        </Stack>
        <Stack gap="xs">
          <Text fw={600}>A device with a token</Text>
          <Text size="sm" maw="70ch">
            Press <em>Add device</em> to get its token, then send values over HTTP or MQTT:
          </Text>
          <CopyLine text={curlLine(location.origin, "TOKEN")} label="curl line" />
          <CopyLine
            text={mosquittoLine(location.hostname, mqttPort, "SERIAL", "TOKEN")}
            label="mosquitto_pub line"
          />
        </Stack>
      </Stack>
    </Section>
  );
}
