import "@/ui/forms.css";

import { Anchor, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { devicesQuery } from "@/api/devices";
import type { Device, Release } from "@/api/types";
import { releasesQuery } from "@/api/updates";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { UpdateTabs } from "@/ui/UpdateTabs";

import { RolloutForm } from "./RolloutForm";

/** A release, who gets it, and on which terms. */
export function NewRolloutPage() {
  const releases = useQuery(releasesQuery);
  const devices = useQuery(devicesQuery);
  const back = (
    <Anchor component={Link} to="/updates/rollouts" size="sm" className="way-back">
      <Icon name="back" size={14} /> Rollouts
    </Anchor>
  );
  return (
    <Page title="New rollout" before={back}>
      <UpdateTabs />
      <Await query={releases} what="the releases">
        {(known) => (
          <Await query={devices} what="the devices">
            {(found) => (
              <Chosen releases={known.filter(({ unusable }) => unusable === null)} devices={found} />
            )}
          </Await>
        )}
      </Await>
    </Page>
  );
}

function Chosen({ releases, devices }: { releases: readonly Release[]; devices: readonly Device[] }) {
  const { release: wanted } = useSearch({ from: "/inside/updates/rollouts/new" });
  const [id, setId] = useState(wanted ?? releases[0]?.id ?? "");
  const release = releases.find((one) => one.id === id);
  if (releases.length === 0)
    return (
      <Section title="Release">
        <Empty title="There is no release to roll out">Bring one on the page of the releases first.</Empty>
      </Section>
    );
  return (
    <Stack gap="lg">
      <Section title="Release">
        <NativeSelect
          label="What goes out"
          value={release?.id ?? ""}
          data={[
            ...(release === undefined ? [{ value: "", label: "Choose a release" }] : []),
            ...releases.map((one) => ({ value: one.id, label: labelOf(one) })),
          ]}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        {release !== undefined && release.notes !== "" && (
          <Text size="sm" mt="xs" c="dimmed">
            {release.notes}
          </Text>
        )}
      </Section>
      {release && <RolloutForm key={release.id} release={release} devices={devices} />}
    </Stack>
  );
}

const labelOf = ({ version, boards, channel, kind }: Release): string =>
  `${version} for ${boards.join(", ")} (${channel}${kind === "image" ? ", image" : ""})`;
