import { useClaimDevice, useRefuseDevice, useUnclaimDevice } from "@/api/devices";
import { useMayOperate } from "@/api/session";
import type { Device } from "@/api/types";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

import { UnclaimedDevice } from "./UnclaimedDevice";

const WHAT =
  "These devices send data but nobody has said yet that they belong here. What they send is kept meanwhile. " +
  "Claim a device to see it among yours; refuse it and its data is no longer accepted.";

/** Devices that wait for a decision; either one can be taken back. */
export function Unclaimed({ devices }: { devices: Device[] }) {
  const claim = useClaimDevice();
  const refuse = useRefuseDevice();
  const unclaim = useUnclaimDevice();
  const toast = useToast();
  const mayOperate = useMayOperate();
  if (devices.length === 0) return null;
  const told = (text: string) => ({
    onSuccess: (device: Device) =>
      toast({ text: `${device.name} ${text}`, onUndo: () => unclaim.mutate(device.id) }),
    onError: (error: Error) => toast({ text: error.message }),
  });
  return (
    <Section
      title={devices.length === 1 ? "1 new device" : `${devices.length} new devices`}
      hint={WHAT}
      tone="notice"
    >
      <ul className="plain-list">
        {devices.map((device) => (
          <UnclaimedDevice
            key={device.id}
            device={device}
            mayOperate={mayOperate}
            busy={claim.isPending || refuse.isPending}
            onClaim={(name) => claim.mutate({ id: device.id, name }, told("is now among your devices."))}
            onRefuse={() => refuse.mutate(device.id, told("is refused."))}
          />
        ))}
      </ul>
    </Section>
  );
}
