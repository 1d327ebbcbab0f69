import { Button, NativeSelect, SegmentedControl, Stack, Text } from "@mantine/core";

import { isOnOff } from "@/lib/channels";
import { type Fault, faultAt } from "@/lib/faults";
import { Icon } from "@/ui/Icon";

import { type ConditionDraft, type Kind, newCondition } from "./condition";
import { ConditionFields } from "./ConditionFields";
import {
  type Draft,
  type Known,
  type PartDraft,
  typedUnit,
  unitFor,
  type Watch,
  watchedUnit,
  watchesOnOff,
} from "./draft";
import classes from "./fields.module.css";
import { KINDS, scopesOf, suits } from "./kinds";
import { ChannelSelect, WatchFields } from "./WatchFields";

interface WhenFieldsProps {
  draft: Draft;
  known: Known;
  faults: readonly Fault[];
  onChange: (change: Partial<Draft>) => void;
}

const MANY = [
  { value: "one", label: "One" },
  { value: "all", label: "All of several" },
  { value: "any", label: "Any of several" },
];

/** When the rule is true. */
export function WhenFields({ draft, known, faults, onChange }: WhenFieldsProps) {
  const { mode } = draft;
  const choose = (value: string) => {
    if (value === "one") {
      onChange({ mode: null });
      return;
    }
    const first = { key: 0, channel: draft.watch.channel, condition: draft.condition };
    const fits = draft.condition.kind !== "clock_skew";
    const parts = draft.parts.length > 0 ? draft.parts : fits ? [first] : [];
    onChange({ mode: value === "all" ? "all" : "any", parts });
  };
  return (
    <Stack>
      <SegmentedControl
        fullWidth
        aria-label="How many conditions"
        data={MANY}
        value={mode ?? "one"}
        onChange={choose}
      />
      {mode === null ? (
        <Single draft={draft} known={known} faults={faults} onChange={onChange} />
      ) : (
        <Parts mode={mode} draft={draft} known={known} faults={faults} onChange={onChange} />
      )}
    </Stack>
  );
}

function KindSelect({
  kind,
  combined,
  onKind,
}: {
  kind: Kind;
  combined?: boolean;
  onKind: (kind: Kind) => void;
}) {
  const kinds = combined ? KINDS.filter(({ value }) => value !== "clock_skew" && value !== "budget") : KINDS;
  return (
    <NativeSelect
      label="What happens"
      description={KINDS.find(({ value }) => value === kind)?.hint}
      data={kinds.map(({ value, label }) => ({ value, label }))}
      value={kind}
      onChange={(event) => onKind(event.currentTarget.value as Kind)}
    />
  );
}

function Single({ draft, known, faults, onChange }: WhenFieldsProps) {
  const { watch, condition } = draft;
  const setWatch = (change: Partial<Watch>) => {
    const next = { ...watch, ...change };
    const other = watchedUnit(next, known) !== watchedUnit(watch, known);
    onChange({ watch: next, ...(other && { condition: { ...condition, unit: unitFor(next, known) } }) });
  };
  const setKind = (kind: Kind) => {
    const scopes = scopesOf(kind);
    const channel = known.channel(watch.channel);
    const next: Watch = {
      ...watch,
      of: scopes.includes(watch.of) ? watch.of : "all",
      channel: channel && !suits(kind, channel) ? "" : watch.channel,
    };
    onChange({ watch: next, condition: newCondition(kind, unitFor(next, known)) });
  };
  return (
    <>
      <KindSelect kind={condition.kind} onKind={setKind} />
      <WatchFields watch={watch} kind={condition.kind} known={known} faults={faults} onChange={setWatch} />
      <ConditionFields
        condition={condition}
        unit={watchedUnit(watch, known)}
        onOff={watchesOnOff(watch, known)}
        faults={faults}
        onChange={(change) => onChange({ condition: { ...condition, ...change } })}
      />
    </>
  );
}

function Parts({ mode, draft, known, faults, onChange }: WhenFieldsProps & { mode: "all" | "any" }) {
  const { parts } = draft;
  const put = (part: PartDraft) =>
    onChange({ parts: parts.map((one) => (one.key === part.key ? part : one)) });
  const add = () => {
    const key = Math.max(-1, ...parts.map((one) => one.key)) + 1;
    onChange({ parts: [...parts, { key, channel: "", condition: newCondition("threshold") }] });
  };
  return (
    <>
      {parts.map((part, place) => {
        const channel = known.channel(part.channel);
        const unit = channel?.unit ?? "";
        const set = (change: Partial<ConditionDraft>) =>
          put({ ...part, condition: { ...part.condition, ...change } });
        const chosen = (id: string) => {
          const next = known.channel(id);
          const display = typedUnit(next?.unit ?? "", next?.display_unit ?? "", 1);
          put({ ...part, channel: id, condition: { ...part.condition, unit: display } });
        };
        return (
          <Stack key={part.key} gap="xs">
            {place > 0 && <p className={classes.joint}>{mode === "all" ? "and" : "or"}</p>}
            <div className={classes.part} role="group" aria-label={`Condition ${place + 1}`}>
              <Stack gap="sm">
                <KindSelect
                  combined
                  kind={part.condition.kind}
                  onKind={(kind) => put({ ...part, condition: newCondition(kind, part.condition.unit) })}
                />
                <ChannelSelect
                  label="Channel"
                  channel={part.channel}
                  kind={part.condition.kind}
                  known={known}
                  onChannel={chosen}
                />
                <ConditionFields
                  condition={part.condition}
                  unit={unit}
                  onOff={isOnOff(channel?.quantity ?? "")}
                  faults={faults}
                  onChange={set}
                />
                <Button
                  variant="default"
                  size="xs"
                  mr="auto"
                  aria-label={`Remove condition ${place + 1}`}
                  onClick={() => onChange({ parts: parts.filter(({ key }) => key !== part.key) })}
                >
                  Remove
                </Button>
              </Stack>
            </div>
          </Stack>
        );
      })}
      {faultAt(faults, "parts") !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)">
          {faultAt(faults, "parts")}
        </Text>
      )}
      <Button variant="default" mr="auto" leftSection={<Icon name="plus" size={16} />} onClick={add}>
        Add a condition
      </Button>
    </>
  );
}
