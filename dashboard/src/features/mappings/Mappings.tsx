import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { mappingsQuery, useDeleteMapping, useSwitchMapping } from "@/api/mappings";
import type { Mapping } from "@/api/types";
import { Await } from "@/ui/Await";
import { Confirm } from "@/ui/Confirm";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

export function Mappings() {
  const query = useQuery(mappingsQuery);
  return (
    <Section title="Mappings">
      <Await query={query} what="the mappings">
        {(mappings) =>
          mappings.length === 0 ? (
            <Empty title="There is no mapping yet">
              Meters and devices that speak a known language need none. For all others, map a message above.
            </Empty>
          ) : (
            <Rows label="Mappings">
              {mappings.map((mapping) => (
                <MappingRow key={mapping.id} mapping={mapping} />
              ))}
            </Rows>
          )
        }
      </Await>
    </Section>
  );
}

function MappingRow({ mapping }: { mapping: Mapping }) {
  const [asking, setAsking] = useState(false);
  const turn = useSwitchMapping();
  const remove = useDeleteMapping();
  const toast = useToast();
  const { id, filter, serial, fields, source, enabled } = mapping;
  return (
    <Row
      title={
        <>
          {filter} <Tag>{source.toUpperCase()}</Tag> {!enabled && <Tag>off</Tag>}
        </>
      }
      note={
        <>
          Device {serial} · {fields.map(({ key, unit }) => (unit ? `${key} in ${unit}` : key)).join(", ")}
          <FormTrouble error={turn.error} />
        </>
      }
      actions={
        <>
          <Button
            variant="default"
            aria-label={`Turn ${enabled ? "off" : "on"} ${filter}`}
            loading={turn.isPending}
            onClick={() => turn.mutate({ id, enabled: !enabled })}
          >
            Turn {enabled ? "off" : "on"}
          </Button>
          <Button
            variant="default"
            c="var(--mantine-color-error)"
            aria-label={`Delete ${filter}`}
            onClick={() => setAsking(true)}
          >
            Delete
          </Button>
          <Confirm
            opened={asking}
            onClose={() => setAsking(false)}
            onConfirm={() =>
              remove.mutate(id, { onSuccess: () => toast({ text: `The mapping of ${filter} is deleted.` }) })
            }
            title={`Delete the mapping of ${filter}?`}
            verb="Delete mapping"
            busy={remove.isPending}
            dangerous
          >
            What it has brought stays with its devices; new messages are no longer understood. Turning it off
            does the same and can be taken back.
            <FormTrouble error={remove.error} />
          </Confirm>
        </>
      }
    />
  );
}
