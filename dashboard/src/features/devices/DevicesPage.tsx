import { Button, Group, SimpleGrid, Skeleton, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { devicesQuery } from "@/api/devices";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Trouble } from "@/ui/Trouble";

import { AddDevice } from "./AddDevice";
import { DeviceCard } from "./DeviceCard";
import { FirstSteps } from "./FirstSteps";
import { Glance } from "./Glance";
import { Refused } from "./Refused";
import { Unclaimed } from "./Unclaimed";

/** The house at a glance, then every device; newcomers first. */
export function DevicesPage() {
  const { data: devices, error, refetch } = useQuery(devicesQuery);
  const mayOperate = useMayOperate();
  const [adding, setAdding] = useState(false);
  const add = mayOperate && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
      Add device
    </Button>
  );
  return (
    <Page title="Overview" actions={add}>
      <Stack gap="xl">
        {devices === undefined && error === null && <Placeholder />}
        {error !== null && devices === undefined && (
          <Trouble title="The devices could not be loaded" error={error} onRetry={() => void refetch()} />
        )}
        {devices !== undefined && <Overview devices={devices} />}
      </Stack>
      {mayOperate && <AddDevice opened={adding} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function Overview({ devices }: { devices: Device[] }) {
  const inState = (state: Device["state"]) => devices.filter((device) => device.state === state);
  const claimed = inState("claimed").toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const unclaimed = inState("unclaimed");
  return (
    <>
      <Unclaimed devices={unclaimed} />
      {claimed.length > 0 && (
        <>
          <Stack gap="md">
            <Glance devices={claimed} />
          </Stack>
          <section aria-labelledby="devices">
            <Title order={2} size="h4" id="devices" mb="sm">
              Devices
            </Title>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md" component="ul" className="plain-list">
              {claimed.map((device) => (
                <DeviceCard key={device.id} device={device} />
              ))}
            </SimpleGrid>
          </section>
        </>
      )}
      {claimed.length === 0 && <FirstSteps waiting={unclaimed.length > 0} />}
      <Refused devices={inState("refused")} />
    </>
  );
}

const nameOf = (device: Device): string => device.name;

function Placeholder() {
  return (
    <Group grow role="img" aria-label="Loading the devices">
      <Skeleton h={150} radius="lg" />
      <Skeleton h={150} radius="lg" />
    </Group>
  );
}
