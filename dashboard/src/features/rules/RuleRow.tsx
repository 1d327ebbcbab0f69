import { Button, Switch } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { useAddRule, useChangeRule, useRemoveRule } from "@/api/rules";
import { useMayOperate } from "@/api/session";
import type { Rule } from "@/api/types";
import { ago, dateTime } from "@/lib/time";
import { FormTrouble } from "@/ui/FormTrouble";
import { Notice } from "@/ui/Notice";
import { Row } from "@/ui/Rows";
import { SeverityTag } from "@/ui/SeverityTag";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

import { bodyFrom } from "./draft";
import classes from "./RuleRow.module.css";

/** "Fired 3 times, last 2 h ago, 1 open". */
function firedWords(
  { alerts, last_raised_at: last, open_alerts: open, channels }: Rule,
  now: number,
): string {
  const watches = `Watches ${channels} ${channels === 1 ? "channel" : "channels"}`;
  if (alerts === 0 || last === null) return `${watches} · has never fired`;
  const times = alerts === 1 ? "once" : `${alerts} times`;
  return `${watches} · fired ${times}, last ${ago(last, now)}${open > 0 ? ` · ${open} open` : ""}`;
}

/** One rule as a sentence, whether it is on, how often it fired. */
export function RuleRow({ rule, now }: { rule: Rule; now: number }) {
  const mayOperate = useMayOperate();
  const add = useAddRule();
  const change = useChangeRule();
  const remove = useRemoveRule();
  const toast = useToast();
  const { id, name, enabled, builtin, last_raised_at: last } = rule;
  const restore = () =>
    builtin === null ? add.mutate(bodyFrom(rule)) : change.mutate({ id, change: bodyFrom(rule) });
  const drop = () =>
    // The row goes with its rule, and callbacks of the row with it.
    void remove.mutateAsync(id).then(
      () =>
        toast({
          text: builtin === null ? `${name} is deleted.` : `${name} is as it was at the start.`,
          onUndo: restore,
        }),
      () => undefined,
    );
  return (
    <Row
      title={
        <>
          {name} <SeverityTag severity={rule.severity} /> {builtin !== null && <Tag>default</Tag>}{" "}
          {!enabled && <Tag>off</Tag>}
        </>
      }
      note={
        <>
          <span className={classes.sentence}>{rule.sentence}</span>
          <br />
          <span title={last === null ? undefined : dateTime(last)}>{firedWords(rule, now)}</span>
          {rule.trouble !== null && (
            <div className={classes.trouble}>
              <Notice level="warning">It watches nothing now: {rule.trouble}.</Notice>
            </div>
          )}
          <FormTrouble error={change.error ?? remove.error ?? add.error} />
        </>
      }
      actions={
        mayOperate && (
          <>
            <Switch
              aria-label={`${name} watches`}
              size="md"
              checked={enabled}
              disabled={change.isPending}
              onChange={(event) => change.mutate({ id, change: { enabled: event.currentTarget.checked } })}
            />
            <Button
              variant="default"
              aria-label={`Change ${name}`}
              renderRoot={(props) => <Link to="/rules/$ruleId" params={{ ruleId: id }} {...props} />}
            >
              Change
            </Button>
            <Button
              variant="default"
              c={builtin === null ? "var(--mantine-color-error)" : undefined}
              aria-label={`${builtin === null ? "Delete" : "Reset"} ${name}`}
              loading={remove.isPending}
              onClick={drop}
            >
              {builtin === null ? "Delete" : "Reset"}
            </Button>
          </>
        )
      }
    />
  );
}
