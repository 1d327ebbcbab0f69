import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import type { Device, Release } from "@/api/types";
import { useStartRollout } from "@/api/updates";
import { parseNumber } from "@/lib/numbers";
import { isDowngrade } from "@/lib/version";
import { versionOf } from "@/lib/updates";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { TextLink } from "@/ui/TextLink";

import { bodyFor, howWords, releasesFor } from "./offered";

const LONGEST_MIN = 1440;
const SHORTEST_MIN = 0.1;

interface UpdateFormProps {
  device: Device;
  releases: readonly Release[];
  onStarted: () => void;
}

/** One release for one device, at once. */
export function UpdateForm({ device, releases, onStarted }: UpdateFormProps) {
  const fitting = releasesFor(device, releases);
  const [chosen, setChosen] = useState("");
  const [minutes, setMinutes] = useState("2");
  const [back, setBack] = useState("10");
  const [reason, setReason] = useState("");
  const start = useStartRollout();
  const release = fitting.find(({ id }) => id === chosen) ?? fitting[0];
  const title = "Update this device";
  if (release === undefined)
    return (
      <Section title={title}>
        <Text size="sm">
          There is no release that it could get. <TextLink to="/updates">Bring one</TextLink> first.
        </Text>
      </Section>
    );
  const older = isDowngrade(versionOf(device), release.version);
  const watched = parseNumber(minutes);
  const away = parseNumber(back);
  const fault =
    watched === null || watched < 0 || watched > LONGEST_MIN
      ? `It is watched for 0 to ${LONGEST_MIN} minutes.`
      : away === null || away < SHORTEST_MIN || away > LONGEST_MIN
        ? `It may take ${SHORTEST_MIN} to ${LONGEST_MIN} minutes to come back.`
        : older && reason.trim() === ""
          ? "Say why the older version is wanted."
          : null;
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const terms = {
      healthyS: Math.round(60 * (watched ?? 0)),
      returnS: Math.round(60 * (away ?? 0)),
      reason: older ? reason.trim() : "",
    };
    start.mutate(bodyFor(device, release, terms), { onSuccess: onStarted });
  };
  return (
    <Section title={title} hint={howWords(device.dialect)}>
      <form onSubmit={submit}>
        <Stack>
          <NativeSelect
            label="Version"
            description={release.notes === "" ? undefined : release.notes}
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={release.id}
            data={fitting.map((one) => ({ value: one.id, label: labelOf(one) }))}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
          <Group grow align="flex-end" preventGrowOverflow={false}>
            <TextInput
              label="Back after a restart within (minutes)"
              inputMode="decimal"
              miw={220}
              value={back}
              onChange={(event) => setBack(event.currentTarget.value)}
            />
            <TextInput
              label="Watch it afterwards for (minutes)"
              inputMode="decimal"
              miw={220}
              value={minutes}
              onChange={(event) => setMinutes(event.currentTarget.value)}
            />
          </Group>
          {older && (
            <TextInput
              label="Why the older version is wanted"
              description={`It runs ${versionOf(device) ?? ""}, which is newer`}
              maxLength={200}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
          <FormTrouble error={start.error} />
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {fault ?? (device.online ? "" : "The device is offline: it gets it once it is back.")}
            </Text>
            <Button type="submit" loading={start.isPending} disabled={fault !== null}>
              Update to {release.version}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

const labelOf = ({ version, channel, kind, files }: Release): string =>
  `${version} (${channel}${kind === "image" ? `, ${files[0]?.path ?? ""}` : ""})`;
