import "@/ui/forms.css";

import { Checkbox, Group, NativeSelect, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { devicesQuery } from "@/api/devices";
import type { Device, Release } from "@/api/types";
import { releasesQuery } from "@/api/updates";
import { groupsOf } from "@/lib/groups";
import { plural } from "@/lib/updates";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { UpdateTabs } from "@/ui/UpdateTabs";

import { fleetOf, versionsOf } from "./fleet";
import { Members } from "./Members";
import { Versions } from "./Versions";

/** Who runs what. */
export function FleetPage() {
  const devices = useQuery(devicesQuery);
  const releases = useQuery(releasesQuery);
  return (
    <Page title="Who runs what">
      <UpdateTabs />
      <Await query={devices} what="the devices">
        {(found) => (
          <Await query={releases} what="the releases">
            {(known) => <Everything devices={found} releases={known} />}
          </Await>
        )}
      </Await>
    </Page>
  );
}

const ALL = "";
const UNKNOWN = "?";

function Everything({ devices, releases }: { devices: readonly Device[]; releases: readonly Release[] }) {
  const [group, setGroup] = useState(ALL);
  const [board, setBoard] = useState(ALL);
  const [version, setVersion] = useState(ALL);
  const [onlyBehind, setOnlyBehind] = useState(false);
  const everyone = fleetOf(devices, releases);
  const groups = groupsOf(everyone.map(({ device }) => device));
  // The last device may leave a group while it is looked at.
  const wanted = groups.includes(group) ? group : ALL;
  const fleet = everyone.filter(({ device }) => wanted === ALL || device.groups.includes(wanted));
  const boards = [...new Set(fleet.map((one) => one.board ?? UNKNOWN))].sort();
  const ofBoard = fleet.filter((one) => board === ALL || (one.board ?? UNKNOWN) === board);
  const versions = versionsOf(ofBoard);
  const shown = ofBoard.filter(
    (one) =>
      (version === ALL || (one.version ?? UNKNOWN) === version) && (!onlyBehind || one.behind !== null),
  );
  const behind = ofBoard.filter((one) => one.behind !== null).length;
  if (everyone.length === 0)
    return (
      <Section title="Who runs what">
        <Empty title="No device here can be updated">
          Ohmstead’s own devices, PZEM meters and home panels appear here once they are claimed.
        </Empty>
      </Section>
    );
  return (
    <Stack gap="lg">
      <Section
        title="Versions"
        hint={
          behind === 0
            ? "No device is known to be behind the newest stable release for its board."
            : `${plural(behind, "device")} ${behind === 1 ? "is" : "are"} behind the newest stable release for their board.`
        }
      >
        <Versions groups={versions} total={ofBoard.length} />
      </Section>
      <Section title="Devices">
        <Group align="flex-end" mb="sm">
          {groups.length > 0 && (
            <NativeSelect
              label="Group"
              value={wanted}
              data={[{ value: ALL, label: "All groups" }, ...groups]}
              onChange={(event) => {
                setGroup(event.currentTarget.value);
                setBoard(ALL);
                setVersion(ALL);
              }}
            />
          )}
          <NativeSelect
            label="Board"
            value={board}
            data={[
              { value: ALL, label: "All boards" },
              ...boards.map((one) => ({ value: one, label: one === UNKNOWN ? "not known" : one })),
            ]}
            onChange={(event) => {
              setBoard(event.currentTarget.value);
              setVersion(ALL);
            }}
          />
          <NativeSelect
            label="Version"
            value={version}
            data={[
              { value: ALL, label: "All versions" },
              ...versions.map((one) => ({
                value: one.version ?? UNKNOWN,
                label: one.version ?? "not known",
              })),
            ]}
            onChange={(event) => setVersion(event.currentTarget.value)}
          />
          <Checkbox
            label="Only those that are behind"
            checked={onlyBehind}
            onChange={(event) => setOnlyBehind(event.currentTarget.checked)}
            mb={8}
          />
        </Group>
        <Members members={shown} />
      </Section>
    </Stack>
  );
}
