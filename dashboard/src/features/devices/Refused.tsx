import { Button, Group, Text } from "@mantine/core";

import { useClaimDevice } from "@/api/devices";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { Section } from "@/ui/Section";

/** Turned away, and still knocking perhaps; claiming one lets it in after all. */
export function Refused({ devices }: { devices: Device[] }) {
  const claim = useClaimDevice();
  const mayOperate = useMayOperate();
  if (devices.length === 0) return null;
  return (
    <Section title="Refused" hint="Data from these devices is not accepted.">
      <ul className="plain-list">
        {devices.map((device) => (
          <li key={device.id}>
            <Group justify="space-between" py={6}>
              <Text>{device.name}</Text>
              {mayOperate && (
                <Button size="xs" variant="default" onClick={() => claim.mutate({ id: device.id })}>
                  Claim after all
                </Button>
              )}
            </Group>
          </li>
        ))}
      </ul>
    </Section>
  );
}
