import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { loadLimitsQuery } from "@/api/automation";
import { devicesQuery } from "@/api/devices";
import { outputsQuery } from "@/api/outputs";
import { useMayOperate } from "@/api/session";
import type { Channel, Device, LoadLimit } from "@/api/types";
import { channelLabel } from "@/lib/channels";
import { Await } from "@/ui/Await";
import { ControlTabs } from "@/ui/ControlTabs";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { LimitEditor, type Choice } from "./LimitEditor";
import { LimitRow } from "./LimitRow";
import { ShedOrder } from "./ShedOrder";

const HINT =
  "While a connection draws more than it should, what may wait is switched off, one after the other; with room again it comes back in reverse order.";

const measuresPower = (channel: Channel): boolean => channel.quantity === "power";

function choicesOf(devices: readonly Device[]): Choice[] {
  return devices
    .filter(({ state }) => state === "claimed")
    .flatMap((device) =>
      device.channels
        .filter(measuresPower)
        .map((channel) => ({ value: channel.id, label: `${device.name}: ${channelLabel(channel)}` })),
    )
    .toSorted((a, b) => a.label.localeCompare(b.label));
}

/** Keep a connection below its limit by switching off what may wait. */
export function LoadLimitsPage() {
  const limits = useQuery(loadLimitsQuery);
  const devices = useQuery(devicesQuery);
  const outputs = useQuery(outputsQuery);
  const mayOperate = useMayOperate();
  const [edited, setEdited] = useState<LoadLimit | "new" | null>(null);
  const choices = choicesOf(devices.data ?? []);
  const add = mayOperate && choices.length > 0 && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setEdited("new")}>
      Add limit
    </Button>
  );
  return (
    <Page title="Load limits" actions={add}>
      <ControlTabs />
      <Stack gap="lg">
        <Section title="Limits" hint={HINT}>
          <Await query={limits} what="the load limits">
            {(known) =>
              known.length === 0 ? (
                <Empty title="There is no limit yet">
                  {choices.length === 0
                    ? "A limit watches a channel that measures power; no device of yours sends one."
                    : "Choose a meter and how many watts it may show."}
                </Empty>
              ) : (
                <Rows label="Load limits">
                  {known.map((limit) => (
                    <LimitRow
                      key={limit.id}
                      limit={limit}
                      name={choices.find(({ value }) => value === limit.channel_id)?.label ?? "A channel"}
                      outputs={outputs.data ?? []}
                      onEdit={() => setEdited(limit)}
                    />
                  ))}
                </Rows>
              )
            }
          </Await>
        </Section>
        <Await query={outputs} what="the lights and relays">
          {(known) => <ShedOrder outputs={known} />}
        </Await>
      </Stack>
      {edited !== null && (
        <LimitEditor
          limit={edited === "new" ? null : edited}
          choices={choices}
          onClose={() => setEdited(null)}
        />
      )}
    </Page>
  );
}
