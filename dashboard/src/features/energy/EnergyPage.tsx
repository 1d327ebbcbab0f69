import { Anchor, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { deviceQuery } from "@/api/devices";
import { useMayOperate } from "@/api/session";
import { sitesQuery } from "@/api/system";
import { tellsEnergy } from "@/lib/energy";
import { localZone } from "@/lib/zones";
import { Await } from "@/ui/Await";
import { DeviceTabs } from "@/ui/DeviceTabs";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

import { EnergyChart } from "./EnergyChart";

/** How much a device took, hour by hour to year by year, in the calendar of the site. */
export function EnergyPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/energy" });
  const query = useQuery(deviceQuery(deviceId));
  const sites = useQuery(sitesQuery);
  const mayOperate = useMayOperate();
  const back = (
    <Anchor component={Link} to="/" size="sm" className="way-back">
      <Icon name="back" size={14} /> Overview
    </Anchor>
  );
  return (
    <Page title={query.data?.name ?? "Energy"} before={back}>
      <DeviceTabs deviceId={deviceId} energy dialect={query.data?.dialect} settings={mayOperate} />
      <Stack gap="lg">
        <Await query={query} what="the device">
          {(device) =>
            tellsEnergy(device.channels) ? (
              <EnergyChart key={device.id} device={device} zone={sites.data?.[0]?.zone ?? localZone()} />
            ) : (
              <Section title="Energy">
                <Empty title="This device measures no energy">
                  As soon as it sends a channel of energy (Wh, kWh) or power (W), its use per hour, day and
                  month is shown here.
                </Empty>
              </Section>
            )
          }
        </Await>
      </Stack>
    </Page>
  );
}
