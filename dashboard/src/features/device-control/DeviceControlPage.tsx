import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { shadowQuery } from "@/api/control";
import { deviceQuery } from "@/api/devices";
import { useIsAdmin, useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { hasShadow, orders, takesCommands } from "@/lib/dialects";
import { Await } from "@/ui/Await";
import { DeviceFrame } from "@/ui/DeviceFrame";
import { Empty } from "@/ui/Empty";
import { Section } from "@/ui/Section";

import { Address } from "./Address";
import { CommandForm } from "./CommandForm";
import { Commands } from "./Commands";
import { ShadowTable } from "./ShadowTable";
import { Variables } from "./Variables";

/** What a device is told: its desired state, and orders. */
export function DeviceControlPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/control" });
  const query = useQuery(deviceQuery(deviceId));
  return (
    <DeviceFrame deviceId={deviceId} query={query} settings={useMayOperate()}>
      {(device) => <Everything key={device.id} device={device} />}
    </DeviceFrame>
  );
}

function Everything({ device }: { device: Device }) {
  const mayOperate = useMayOperate(device.id);
  const isAdmin = useIsAdmin();
  const shadow = useQuery(shadowQuery(device.id));
  const { dialect } = device;
  const home = dialect === "home-control";
  if (!orders(dialect))
    return (
      <Section title="Control">
        <Empty title="This device only measures">What it speaks has no word for being told something.</Empty>
      </Section>
    );
  return (
    <Stack gap="lg">
      <Await query={shadow} what="what it is told">
        {(known) => (
          <>
            {hasShadow(dialect) && <ShadowTable device={device} shadow={known} />}
            {takesCommands(dialect) && (
              <>
                {mayOperate && (
                  <Section
                    title="Give an order"
                    hint={
                      device.online
                        ? undefined
                        : "The device is offline: the order waits for it until its time is over, and is not carried out after that."
                    }
                  >
                    <CommandForm device={device} offers={known.commands} />
                  </Section>
                )}
                <Commands device={device} />
              </>
            )}
          </>
        )}
      </Await>
      {home && <Address device={device} />}
      {home && isAdmin && <Variables device={device} />}
    </Stack>
  );
}
