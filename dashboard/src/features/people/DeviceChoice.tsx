import { Checkbox, ScrollArea, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { devicesQuery } from "@/api/devices";
import { Await } from "@/ui/Await";

const LIST_PX = 220;

interface DeviceChoiceProps {
  chosen: string[];
  onChange: (ids: string[]) => void;
}

/** Which devices a viewer will see. */
export function DeviceChoice({ chosen, onChange }: DeviceChoiceProps) {
  const query = useQuery(devicesQuery);
  return (
    <Checkbox.Group
      label="Devices they may see"
      description="More can be shared later, in the settings of each device"
      value={chosen}
      onChange={onChange}
    >
      <Await query={query} what="the devices">
        {(devices) => {
          const claimed = devices.filter(({ state }) => state === "claimed");
          if (claimed.length === 0)
            return (
              <Text size="sm" mt="xs">
                There is no claimed device yet.
              </Text>
            );
          return (
            <ScrollArea.Autosize mah={LIST_PX} mt="xs" type="auto">
              <Stack gap={6} p={3}>
                {claimed.map(({ id, name }) => (
                  <Checkbox key={id} value={id} label={name} />
                ))}
              </Stack>
            </ScrollArea.Autosize>
          );
        }}
      </Await>
    </Checkbox.Group>
  );
}
