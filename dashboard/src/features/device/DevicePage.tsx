import { Anchor, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { isProblem } from "@/api/client";
import { deviceQuery } from "@/api/devices";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { tellsEnergy } from "@/lib/energy";
import { DeviceTabs } from "@/ui/DeviceTabs";
import { Icon } from "@/ui/Icon";
import { LinkButton } from "@/ui/LinkButton";
import { Page } from "@/ui/Page";
import { Trouble } from "@/ui/Trouble";

import { BigNumbers } from "./BigNumbers";
import { ChannelTable } from "./ChannelTable";
import { Details } from "./Details";
import { HistoryChart } from "./HistoryChart";

/** One device: now, over time, and what can be done with it. */
export function DevicePage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId" });
  const { data: device, error, refetch } = useQuery(deviceQuery(deviceId));
  const mayOperate = useMayOperate();
  if (device === undefined && isProblem(error, 404)) {
    return (
      <Page title="There is no such device" before={<Back />}>
        <Text>It may have been deleted, or it is not shared with you.</Text>
      </Page>
    );
  }
  return (
    <Page
      title={device?.name ?? "Device"}
      before={<Back />}
      actions={
        mayOperate &&
        device !== undefined &&
        device.channels.length > 0 && (
          <LinkButton variant="default" to="/recordings" search={{ device: device.id }}>
            Record
          </LinkButton>
        )
      }
    >
      <DeviceTabs
        deviceId={deviceId}
        energy={tellsEnergy(device?.channels ?? [])}
        dialect={device?.dialect}
        settings={mayOperate}
      />
      {error && device === undefined && (
        <Trouble title="The device could not be loaded" error={error} onRetry={() => void refetch()} />
      )}
      {device === undefined && error === null && (
        <Skeleton h={360} radius="lg" role="img" aria-label="Loading the device" />
      )}
      {device !== undefined && <Everything key={device.id} device={device} />}
    </Page>
  );
}

function Back() {
  return (
    <Anchor component={Link} to="/" size="sm" className="way-back">
      <Icon name="back" size={14} /> Overview
    </Anchor>
  );
}

function Everything({ device }: { device: Device }) {
  return (
    <Stack gap="lg">
      <BigNumbers device={device} />
      <HistoryChart deviceId={device.id} channels={device.channels} />
      <ChannelTable device={device} />
      <Details device={device} />
    </Stack>
  );
}
