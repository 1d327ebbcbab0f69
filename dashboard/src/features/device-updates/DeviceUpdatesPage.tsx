import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { deviceQuery } from "@/api/devices";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { installationsQuery, releasesQuery } from "@/api/updates";
import { boardOf, isUnderWay, releaseKind, versionOf } from "@/lib/updates";
import { Await } from "@/ui/Await";
import { DeviceFrame } from "@/ui/DeviceFrame";
import { Empty } from "@/ui/Empty";
import { Facts } from "@/ui/Facts";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

import { History } from "./History";
import { UpdateForm } from "./UpdateForm";

/** The firmware of one device: what it runs, what it ran, and what it could run. */
export function DeviceUpdatesPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/updates" });
  const query = useQuery(deviceQuery(deviceId));
  return (
    <DeviceFrame deviceId={deviceId} query={query} settings={useMayOperate()}>
      {(device) => <Everything key={device.id} device={device} />}
    </DeviceFrame>
  );
}

function Everything({ device }: { device: Device }) {
  const mayOperate = useMayOperate();
  const toast = useToast();
  const history = useQuery(installationsQuery(device.id));
  const takes = releaseKind(device.dialect) !== null;
  const releases = useQuery({ ...releasesQuery, enabled: mayOperate && takes });
  const busy = history.data?.some(({ state }) => isUnderWay(state) || state === "planned") ?? true;
  if (!takes)
    return (
      <Section title="Updates">
        <Empty title="This device cannot be updated from here">What it speaks has no word for it.</Empty>
      </Section>
    );
  return (
    <Stack gap="lg">
      <Section title="Firmware">
        <Facts
          facts={[
            ["Version", versionOf(device) ?? "it does not say"],
            ["Board", boardOf(device) ?? "it does not say"],
          ]}
        />
      </Section>
      {mayOperate && !busy && (
        <Await query={releases} what="the releases">
          {(known) => (
            <UpdateForm
              device={device}
              releases={known}
              onStarted={() => {
                void history.refetch();
                toast({ text: `${device.name} is being updated.` });
              }}
            />
          )}
        </Await>
      )}
      <Section title="Installations">
        <Await query={history} what="the history">
          {(found) => <History history={found} links={mayOperate} />}
        </Await>
      </Section>
    </Stack>
  );
}
