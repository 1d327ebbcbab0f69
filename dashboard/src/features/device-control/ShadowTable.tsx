import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { useServerNow } from "@/api/live/clock";
import { outputsQuery } from "@/api/outputs";
import { useMe } from "@/api/session";
import type { Device, Shadow } from "@/api/types";
import { authorWords } from "@/lib/outputs";
import { ago, dateTime } from "@/lib/time";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";

import { type Field, fieldsOf, nameOf, valueWords } from "./shadow";
import classes from "./ShadowTable.module.css";

/** Desired beside reported, field by field, with who wished it, when and why. */
export function ShadowTable({ device, shadow }: { device: Device; shadow: Shadow }) {
  const now = useServerNow(5_000);
  const me = useMe()?.username ?? "";
  const outputs = (useQuery(outputsQuery).data ?? []).filter(({ device_id }) => device_id === device.id);
  const fields = fieldsOf(shadow);
  const open = Object.keys(shadow.delta).length;
  const state =
    shadow.version === 0
      ? "Nothing is desired of it yet."
      : open === 0
        ? "The device is as desired."
        : `${open} ${open === 1 ? "field is" : "fields are"} not as desired yet${device.online ? "" : ": the device is offline"}.`;
  return (
    <Section
      title="Desired and reported"
      actions={open > 0 ? <Tag>not settled</Tag> : shadow.version > 0 ? <Tag>settled</Tag> : undefined}
      hint={state}
    >
      {fields.length === 0 ? (
        <Empty title="There is nothing to compare">
          What the device reports of its state, and what is switched in rooms, scenes and schedules, appears
          here.
        </Empty>
      ) : (
        <Rows label="Desired and reported">
          {fields.map((field) => (
            <FieldRow key={field.key} field={field} name={nameOf(field.key, outputs)} now={now} me={me} />
          ))}
        </Rows>
      )}
      <Text size="sm" c="dimmed" mt="sm">
        {shadow.version > 0 && `Version ${shadow.version} is desired, the device has seen ${shadow.seen}. `}
        {shadow.reported_at === null
          ? "It has reported nothing yet."
          : `Last report ${ago(shadow.reported_at, now)}.`}
      </Text>
    </Section>
  );
}

interface FieldRowProps {
  field: Field;
  name: string | null;
  now: number;
  me: string;
}

function FieldRow({ field: { key, wish, report, settled }, name, now, me }: FieldRowProps) {
  return (
    <Row
      title={
        <>
          {name ?? key} {name !== null && name !== key && <Tag>{key}</Tag>}
        </>
      }
      note={
        wish === null ? (
          "Reported only; nothing is wished."
        ) : (
          <span title={dateTime(wish.at)}>
            Wished {authorWords(wish.author, me)}, {ago(wish.at, now)}
            {wish.reason !== "" && `: ${wish.reason}`} (version {wish.version})
          </span>
        )
      }
      actions={
        <dl className={classes.states}>
          <div>
            <dt>desired</dt>
            <dd>{wish === null ? "–" : valueWords(wish.value)}</dd>
          </div>
          <div data-differs={!settled} title={report === null ? undefined : dateTime(report.at)}>
            <dt>{settled ? "reported" : "reported (differs)"}</dt>
            <dd>{report === null ? "–" : valueWords(report.value)}</dd>
            {report !== null && <dt>{ago(report.at, now)}</dt>}
          </div>
        </dl>
      }
    />
  );
}
