import { Button, NativeSelect, Stack, Text, TextInput } from "@mantine/core";

import type { Output, Scene, TargetName } from "@/api/types";
import { type Fault, faultAt } from "@/lib/faults";
import { Icon } from "@/ui/Icon";
import { StatePicker } from "@/ui/StatePicker";

import type { ActionDraft, Draft } from "./draft";
import classes from "./fields.module.css";

interface ActionFieldsProps {
  draft: Draft;
  outputs: readonly Output[];
  scenes: readonly Scene[];
  targets: readonly TargetName[];
  faults: readonly Fault[];
  onChange: (change: Partial<Draft>) => void;
}

const option = ({ id, name }: { id: string; name: string }) => ({ value: id, label: name });

/** What the rule does by itself. */
export function ActionFields({ draft, outputs, scenes, targets, faults, onChange }: ActionFieldsProps) {
  const { actions } = draft;
  const webhooks = targets.filter(({ kind }) => kind === "webhook");
  const does = [
    ...(outputs.length > 0 ? [{ value: "output", label: "switch a light or relay" }] : []),
    ...(scenes.length > 0 ? [{ value: "scene", label: "run a scene" }] : []),
    ...(webhooks.length > 0 ? [{ value: "webhook", label: "call a webhook" }] : []),
  ];
  const add = () =>
    onChange({
      actions: [
        ...actions,
        {
          key: Math.max(-1, ...actions.map(({ key }) => key)) + 1,
          on: "raised",
          does: (does[0]?.value ?? "output") as ActionDraft["does"],
          output: outputs[0]?.id ?? "",
          state: "off",
          minutes: "",
          scene: scenes[0]?.id ?? "",
          webhook: webhooks[0]?.id ?? "",
        },
      ],
    });
  if (does.length === 0 && actions.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        There is nothing it could switch, no scene and no webhook yet.
      </Text>
    );
  }
  return (
    <Stack>
      {actions.map((action, place) => (
        <Action
          key={action.key}
          number={place + 1}
          action={action}
          does={does}
          outputs={outputs}
          scenes={scenes}
          webhooks={webhooks}
          faults={faults.filter(({ at }) => at[0] !== "actions" || at[1] === String(place))}
          onChange={(change) =>
            onChange({
              actions: actions.map((one) => (one.key === action.key ? { ...one, ...change } : one)),
            })
          }
          onRemove={() => onChange({ actions: actions.filter(({ key }) => key !== action.key) })}
        />
      ))}
      {actions.some(({ does: what }) => what === "output") && (
        <TextInput
          label="Priority"
          description="Of two rules that want different things of one output, the higher one has its way"
          className={classes.number ?? ""}
          w="100%"
          maw={420}
          inputMode="numeric"
          value={draft.priority}
          error={faultAt(faults, "priority")}
          onChange={(event) => onChange({ priority: event.currentTarget.value })}
        />
      )}
      <Button variant="default" mr="auto" leftSection={<Icon name="plus" size={16} />} onClick={add}>
        Add an action
      </Button>
    </Stack>
  );
}

interface ActionProps {
  number: number;
  action: ActionDraft;
  does: readonly { value: string; label: string }[];
  outputs: readonly Output[];
  scenes: readonly Scene[];
  webhooks: readonly TargetName[];
  faults: readonly Fault[];
  onChange: (change: Partial<ActionDraft>) => void;
  onRemove: () => void;
}

function Action({
  number,
  action,
  does,
  outputs,
  scenes,
  webhooks,
  faults,
  onChange,
  onRemove,
}: ActionProps) {
  const output = outputs.find(({ id }) => id === action.output);
  return (
    <div className={classes.part} role="group" aria-label={`Action ${number}`}>
      <Stack gap="sm">
        <div className={classes.line}>
          <NativeSelect
            label="When the alert is"
            data={[
              { value: "raised", label: "raised" },
              { value: "cleared", label: "cleared" },
            ]}
            value={action.on}
            onChange={(event) => onChange({ on: event.currentTarget.value as ActionDraft["on"] })}
          />
          <NativeSelect
            label="Do"
            className={classes.wide ?? ""}
            data={[...does]}
            value={action.does}
            onChange={(event) => onChange({ does: event.currentTarget.value as ActionDraft["does"] })}
          />
        </div>
        {action.does === "output" && (
          <>
            <NativeSelect
              label="Light or relay"
              data={outputs.map(option)}
              value={action.output}
              error={faultAt(faults, "output_id")}
              onChange={(event) => onChange({ output: event.currentTarget.value, state: "off" })}
            />
            <StatePicker
              label="Is set to"
              state={action.state}
              levels={output?.levels ?? null}
              onState={(state) => onChange({ state: state ?? "off" })}
            />
            <TextInput
              label="For how many minutes (optional)"
              inputMode="decimal"
              value={action.minutes}
              error={faultAt(faults, "for_s")}
              onChange={(event) => onChange({ minutes: event.currentTarget.value })}
            />
          </>
        )}
        {action.does === "scene" && (
          <NativeSelect
            label="Scene"
            data={scenes.map(option)}
            value={action.scene}
            error={faultAt(faults, "scene_id")}
            onChange={(event) => onChange({ scene: event.currentTarget.value })}
          />
        )}
        {action.does === "webhook" && (
          <NativeSelect
            label="Webhook"
            data={webhooks.map(option)}
            value={action.webhook}
            error={faultAt(faults, "webhook_id")}
            onChange={(event) => onChange({ webhook: event.currentTarget.value })}
          />
        )}
        <Button
          variant="default"
          size="xs"
          mr="auto"
          aria-label={`Remove action ${number}`}
          onClick={onRemove}
        >
          Remove
        </Button>
      </Stack>
    </div>
  );
}
