import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useChangeSite } from "@/api/system";
import type { Device, DeviceShare, Site } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { useToast } from "@/ui/toasts";

interface WhatCountsProps {
  site: Site;
  shares: readonly DeviceShare[];
  devices: readonly Device[];
  onClose: () => void;
}

/** Which devices make up the sums: a meter behind another one would be counted twice. */
export function WhatCounts({ site, shares, devices, onClose }: WhatCountsProps) {
  const [counted, setCounted] = useState(shares.filter((one) => one.counted).map(({ device }) => device));
  const change = useChangeSite();
  const toast = useToast();
  const names = new Map(devices.map(({ id, name }) => [id, name]));
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const uncounted = shares.map(({ device }) => device).filter((id) => !counted.includes(id));
    change.mutate(
      { id: site.id, uncounted },
      {
        onSuccess: () => {
          toast({ text: "The sums are made up anew." });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog opened title="What counts" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text size="sm">
            “Now” and “Today” are sums. Leave out a meter that stands behind another one, or what it measures
            counts twice.
          </Text>
          <Checkbox.Group label="Part of the sums" value={counted} onChange={setCounted}>
            <Stack gap="xs" mt="xs">
              {shares.map(({ device }) => (
                <Checkbox key={device} value={device} label={names.get(device) ?? device} />
              ))}
            </Stack>
          </Checkbox.Group>
          {change.error && <p role="alert">{change.error.message}</p>}
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
