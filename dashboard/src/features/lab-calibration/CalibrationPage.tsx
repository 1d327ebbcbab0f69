import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { calibrationsQuery, forceDevicesQuery } from "@/api/lab";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { LabTabs } from "@/ui/LabTabs";
import { Page } from "@/ui/Page";

import { Bench } from "./Bench";
import { History } from "./History";

/** What turns counts into newtons: made with known masses, kept for ever. */
export function CalibrationPage() {
  const search = useSearch({ from: "/inside/lab/calibration" });
  const navigate = useNavigate();
  const devices = useQuery(forceDevicesQuery);
  const calibrations = useQuery(calibrationsQuery);
  return (
    <Page title="Calibration">
      <LabTabs />
      <Await query={devices} what="the force devices">
        {(known) => {
          const device = known.find(({ device_id: id }) => id === search.device) ?? known[0];
          if (device === undefined)
            return (
              <Empty title="No force device yet">
                Once a rig has connected, its cells are calibrated here with known masses.
              </Empty>
            );
          const channel = device.channels.find(({ id }) => id === search.channel) ?? device.channels[0];
          return (
            <Stack gap="lg">
              <Bench
                devices={known}
                device={device}
                channel={channel}
                calibrations={calibrations.data ?? []}
                onChoose={(deviceId, channelId) =>
                  void navigate({
                    to: "/lab/calibration",
                    search: { device: deviceId, ...(channelId === undefined ? {} : { channel: channelId }) },
                    replace: true,
                  })
                }
              />
              <Await query={calibrations} what="the calibrations">
                {(all) => (
                  <History
                    calibrations={all.filter(({ channel_id: id }) => id === channel?.id)}
                    name={channel === undefined ? "" : `${device.name}, ${channel.key}`}
                  />
                )}
              </Await>
            </Stack>
          );
        }}
      </Await>
    </Page>
  );
}
