import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { tellsEnergy } from "@/lib/energy";

import { Await } from "./Await";
import { DeviceTabs } from "./DeviceTabs";
import { Icon } from "./Icon";
import { Page } from "./Page";

interface Shown {
  name: string;
  dialect: string;
  channels: readonly { quantity: string }[];
}

interface DeviceFrameProps<T extends Shown> {
  deviceId: string;
  query: { data: T | undefined; error: Error | null; refetch: () => unknown };
  settings: boolean;
  children: (device: T) => ReactNode;
}

/** What stands around each page of a device: the way back, its name, its other pages. */
export function DeviceFrame<T extends Shown>({ deviceId, query, settings, children }: DeviceFrameProps<T>) {
  const { data } = query;
  const back = (
    <Anchor component={Link} to="/" size="sm" className="way-back">
      <Icon name="back" size={14} /> Overview
    </Anchor>
  );
  return (
    <Page title={data?.name ?? "Device"} before={back}>
      <DeviceTabs
        deviceId={deviceId}
        energy={tellsEnergy(data?.channels ?? [])}
        dialect={data?.dialect}
        settings={settings}
      />
      <Await query={query} what="the device">
        {children}
      </Await>
    </Page>
  );
}
