import { Stack, Text } from "@mantine/core";

import { CopyLine } from "@/ui/CopyLine";

import { curlLine, mosquittoLine } from "./firstSample";
import { useMqttPort } from "./useMqttPort";

/** Two ready lines that send a first sample as this device. */
export function SendFirst({ serial, token }: { serial: string; token: string }) {
  const mqttPort = useMqttPort();
  return (
    <Stack gap="xs">
      <Text size="sm">Send a first value from any computer in this network, over HTTP:</Text>
      <CopyLine text={curlLine(location.origin, token)} label="curl line" />
      <Text size="sm">or over MQTT:</Text>
      <CopyLine text={mosquittoLine(location.hostname, mqttPort, serial, token)} label="mosquitto_pub line" />
    </Stack>
  );
}
