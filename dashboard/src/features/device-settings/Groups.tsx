import "./groups.css";

import { Button, Group, TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { devicesQuery, useRegroupDevice } from "@/api/devices";
import type { Device } from "@/api/types";
import { groupsOf, isSame, LONGEST_GROUP, MOST_GROUPS, tidied } from "@/lib/groups";
import { useToast } from "@/ui/toasts";

const HINT = "Labels by which several devices are meant at once, as in a rollout.";

/** Which groups the device is in, with those that others are in to choose from. */
export function Groups({ device }: { device: Device }) {
  const [names, setNames] = useState<string[]>(device.groups);
  const everyone = useQuery(devicesQuery);
  const regroup = useRegroupDevice();
  const toast = useToast();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    regroup.mutate(
      { id: device.id, groups: names },
      {
        onSuccess: ({ groups }) => {
          setNames(groups);
          toast({ text: "The groups are changed." });
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TagsInput
          label="Groups"
          description={HINT}
          placeholder={names.length === 0 ? "None yet: type a name, then Enter" : ""}
          value={names}
          data={groupsOf(everyone.data ?? [])}
          maxTags={MOST_GROUPS}
          maxLength={LONGEST_GROUP}
          onChange={(typed) => setNames(tidied(typed))}
          error={regroup.error?.message}
          flex={1}
          maw={520}
        />
        <Button
          type="submit"
          variant="default"
          disabled={isSame(names, device.groups)}
          loading={regroup.isPending}
        >
          Save groups
        </Button>
      </Group>
    </form>
  );
}
