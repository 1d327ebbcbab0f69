import { Button, Group, Select, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { useIsAdmin } from "@/api/session";
import { sitesQuery, useChangeSite } from "@/api/system";
import type { Site } from "@/api/types";
import { zones } from "@/lib/zones";
import { Facts } from "@/ui/Facts";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

const HINT =
  "Days, weeks and months of all data follow the time zone of the site. Sunrise and sunset need its place, too; south and west are negative.";

/** Name and clock of the site; an administrator may change them. */
export function SiteForm() {
  const { data: sites } = useQuery(sitesQuery);
  const isAdmin = useIsAdmin();
  const site = sites?.[0];
  if (site === undefined) return null;
  return (
    <Section title="Site" hint={HINT}>
      {isAdmin ? (
        <Editor key={`${site.name}${site.zone}${site.latitude ?? ""}${site.longitude ?? ""}`} site={site} />
      ) : (
        <Facts
          facts={[
            ["Name", site.name],
            ["Time zone", site.zone],
          ]}
        />
      )}
    </Section>
  );
}

function Editor({ site }: { site: Site }) {
  const [name, setName] = useState(site.name);
  const [zone, setZone] = useState(site.zone);
  const [north, setNorth] = useState(site.latitude?.toString() ?? "");
  const [east, setEast] = useState(site.longitude?.toString() ?? "");
  const change = useChangeSite();
  const toast = useToast();
  const placed = north !== "" && east !== "";
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(
      {
        id: site.id,
        name: name.trim(),
        zone,
        ...(placed ? { latitude: Number(north), longitude: Number(east) } : {}),
      },
      { onSuccess: () => toast({ text: "The site is saved." }) },
    );
  };
  const moves = zone !== site.zone;
  const here = !placed || (Number(north) === site.latitude && Number(east) === site.longitude);
  const unchanged =
    name.trim() === "" ||
    (north === "") !== (east === "") ||
    (name.trim() === site.name && zone === site.zone && here);
  return (
    <form onSubmit={submit}>
      <Group align="flex-end">
        <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select
          label="Time zone"
          data={zones()}
          value={zone}
          onChange={(chosen) => chosen && setZone(chosen)}
          searchable
          allowDeselect={false}
          nothingFoundMessage="No such zone"
          limit={50}
        />
        <TextInput
          type="number"
          label="Degrees north"
          placeholder="47.50"
          min={-90}
          max={90}
          step="any"
          w={140}
          value={north}
          onChange={(event) => setNorth(event.currentTarget.value)}
        />
        <TextInput
          type="number"
          label="Degrees east"
          placeholder="19.04"
          min={-180}
          max={180}
          step="any"
          w={140}
          value={east}
          onChange={(event) => setEast(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={unchanged} loading={change.isPending}>
          Save
        </Button>
      </Group>
      {moves && (
        <Text size="sm" mt="sm" role="status" maw="70ch">
          With another zone every day, week and month begins at another instant, so they are all folded again
          from what is stored. Nothing is lost; years of data take some minutes, during which older figures
          may still be those of the old zone.
        </Text>
      )}
      {change.error && <p role="alert">{change.error.message}</p>}
    </form>
  );
}
