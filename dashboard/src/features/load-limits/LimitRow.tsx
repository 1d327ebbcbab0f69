import { Button } from "@mantine/core";
import { useState } from "react";

import { usePutLoadLimit, useRemoveLoadLimit } from "@/api/automation";
import { useServerNow } from "@/api/live/clock";
import { useLiveValue } from "@/api/live/useLive";
import { useMayOperate } from "@/api/session";
import type { LoadLimit, Output } from "@/api/types";
import { clock } from "@/lib/time";
import { formatValue } from "@/lib/units";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row } from "@/ui/Rows";
import { Tag } from "@/ui/Tag";

import classes from "./LimitRow.module.css";

interface LimitRowProps {
  limit: LoadLimit;
  name: string;
  outputs: readonly Output[];
  onEdit: () => void;
}

const watts = (value: number): string => {
  const { text, unit } = formatValue(value, "W", 0);
  return `${text} ${unit}`;
};

/** "Heater since 14:03:10", for each output that is off for the limit's sake. */
export function shedWords(shed: readonly string[], outputs: readonly Output[], now: number): string {
  return shed
    .map((id) => {
      const output = outputs.find((one) => one.id === id);
      if (output === undefined) return "something that was removed";
      return output.changed_at === null
        ? output.name
        : `${output.name} since ${clock(output.changed_at, now)}`;
    })
    .join(", ");
}

export function LimitRow({ limit, name, outputs, onEdit }: LimitRowProps) {
  const now = useServerNow(10_000);
  const mayOperate = useMayOperate();
  const live = useLiveValue(limit.channel_id);
  const put = usePutLoadLimit();
  const remove = useRemoveLoadLimit();
  const [asking, setAsking] = useState(false);
  const total = live?.[1];
  const over = total !== undefined && total > limit.limit_w;
  const { id, shed, enabled, ...body } = limit;
  return (
    <Row
      title={
        <>
          {name} {!enabled && <Tag>off</Tag>}
        </>
      }
      note={
        <>
          <span className={classes.gauge} data-over={over}>
            <span style={{ width: `${Math.min(Math.max(((total ?? 0) / limit.limit_w) * 100, 0), 100)}%` }} />
          </span>
          {total === undefined ? "No value yet" : `Now ${watts(total)}${over ? ", above the limit" : ""}`} of{" "}
          {watts(limit.limit_w)}; back on below {watts(Math.max(limit.limit_w - limit.margin_w, 0))}
          <br />
          {shed.length > 0 ? (
            <strong>Shedding {shedWords(shed, outputs, now)}</strong>
          ) : (
            "Nothing is switched off for it."
          )}
          <FormTrouble error={put.error} />
        </>
      }
      actions={
        mayOperate && (
          <>
            <Button
              variant="default"
              aria-label={`Turn ${enabled ? "off" : "on"} the limit of ${name}`}
              loading={put.isPending}
              onClick={() => put.mutate({ id, body: { ...body, enabled: !enabled } })}
            >
              Turn {enabled ? "off" : "on"}
            </Button>
            <Button variant="default" aria-label={`Change the limit of ${name}`} onClick={onEdit}>
              Change
            </Button>
            <Button
              variant="default"
              c="var(--mantine-color-error)"
              aria-label={`Delete the limit of ${name}`}
              onClick={() => setAsking(true)}
            >
              Delete
            </Button>
            <Confirm
              opened={asking}
              title="Delete this limit?"
              verb="Delete limit"
              dangerous
              busy={remove.isPending}
              onClose={() => setAsking(false)}
              onConfirm={() => remove.mutate(id)}
            >
              What it has switched off comes back on at once.
              <FormTrouble error={remove.error} />
            </Confirm>
          </>
        )
      }
    />
  );
}
