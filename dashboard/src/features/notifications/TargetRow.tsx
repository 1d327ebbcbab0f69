import { Button, Switch, Text } from "@mantine/core";
import { useState } from "react";

import { useChangeTarget, useRemoveTarget, useTestTarget } from "@/api/notifications";
import type { Target } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { Icon } from "@/ui/Icon";
import { Row } from "@/ui/Rows";
import { Tag } from "@/ui/Tag";

import classes from "./Targets.module.css";
import { healthWords, wayLabel, wishesWords } from "./words";

interface TargetRowProps {
  target: Target;
  now: number;
  onEdit: () => void;
}

/** Where messages go, what it wants to hear of, and how it went. */
export function TargetRow({ target, now, onEdit }: TargetRowProps) {
  const test = useTestTarget();
  const change = useChangeTarget();
  const [removing, setRemoving] = useState(false);
  const { id, name, enabled } = target;
  const health = healthWords(target, now);
  return (
    <Row
      title={
        <>
          {name} <Tag>{wayLabel(target.kind)}</Tag> {!enabled && <Tag>off</Tag>}
        </>
      }
      note={
        <>
          {target.where}
          <br />
          {wishesWords(target)}
          {health !== null && test.data === undefined && test.error === null && (
            <div className={classes.health} data-bad={health.bad}>
              <Icon name={health.bad ? "alert" : "check"} size={15} /> {health.text}
            </div>
          )}
          <div role="status">
            {test.data && (
              <div className={classes.health}>
                <Icon name="check" size={15} /> The test message arrived
                {test.data.detail !== "" && `: ${test.data.detail}`}.
              </div>
            )}
            {test.error && (
              <div className={classes.health} data-bad="true">
                <Icon name="alert" size={15} />{" "}
                {test.error.message.charAt(0).toUpperCase() + test.error.message.slice(1)}
              </div>
            )}
          </div>
          <FormTrouble error={change.error} />
        </>
      }
      actions={
        <>
          <Switch
            aria-label={`Send to ${name}`}
            size="md"
            checked={enabled}
            disabled={change.isPending}
            onChange={(event) => change.mutate({ id, change: { enabled: event.currentTarget.checked } })}
          />
          <Button
            variant="default"
            aria-label={`Send a test to ${name}`}
            loading={test.isPending}
            onClick={() => test.mutate(id)}
          >
            Send a test
          </Button>
          <Button variant="default" aria-label={`Change ${name}`} onClick={onEdit}>
            Change
          </Button>
          <Button
            variant="default"
            c="var(--mantine-color-error)"
            aria-label={`Delete ${name}`}
            onClick={() => setRemoving(true)}
          >
            Delete
          </Button>
          {removing && <Removing target={target} onClose={() => setRemoving(false)} />}
        </>
      }
    />
  );
}

function Removing({ target, onClose }: { target: Target; onClose: () => void }) {
  const remove = useRemoveTarget();
  return (
    <Confirm
      opened
      title={`Delete ${target.name}`}
      verb="Delete"
      dangerous
      busy={remove.isPending}
      onConfirm={() => remove.mutate(target.id)}
      onClose={onClose}
    >
      <Text size="sm">
        Nothing is sent there any more, and what is on its way is given up. Its password or token is
        forgotten, so this cannot be taken back.
      </Text>
      <FormTrouble error={remove.error} />
    </Confirm>
  );
}
