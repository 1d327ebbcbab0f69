import { Checkbox, NativeSelect, SegmentedControl, Stack, Switch, Text, TextInput } from "@mantine/core";

import type { Severity, TargetName } from "@/api/types";
import { type Fault, faultAt } from "@/lib/faults";
import { SEVERITY_WORDS } from "@/ui/SeverityTag";

import { type Audience, type Draft, usualEscalation, usualQuiet } from "./draft";
import classes from "./fields.module.css";
import { SpanInput } from "./SpanInput";

interface ThenFieldsProps {
  draft: Draft;
  targets: readonly TargetName[];
  faults: readonly Fault[];
  zone: string;
  onChange: (change: Partial<Draft>) => void;
}

const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];

/** How grave it is, who is told and when. */
export function ThenFields({ draft, targets, faults, zone, onChange }: ThenFieldsProps) {
  const { quiet, escalation } = draft;
  return (
    <Stack>
      <div>
        <Text size="sm" fw={600} mb={4} id="rule-severity">
          Severity
        </Text>
        <SegmentedControl
          aria-labelledby="rule-severity"
          data={SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] }))}
          value={draft.severity}
          onChange={(severity) => onChange({ severity: severity })}
        />
      </div>
      <Tell
        label="Notify"
        audience={draft.tell}
        targets={targets}
        error={faultAt(faults, "targets")}
        onAudience={(tell) => onChange({ tell })}
      />
      <Switch
        label="Quiet hours"
        description={`Nobody is told meanwhile, but at their end. On the clocks of ${zone}.`}
        checked={quiet !== null}
        onChange={(event) => onChange({ quiet: event.currentTarget.checked ? usualQuiet() : null })}
      />
      {quiet !== null && (
        <div className={classes.line}>
          <TextInput
            type="time"
            label="Quiet from"
            value={quiet.start}
            error={faultAt(faults, "quiet")}
            onChange={(event) => onChange({ quiet: { ...quiet, start: event.currentTarget.value } })}
          />
          <TextInput
            type="time"
            label="Quiet until"
            value={quiet.end}
            onChange={(event) => onChange({ quiet: { ...quiet, end: event.currentTarget.value } })}
          />
        </div>
      )}
      <Switch
        label="Escalate"
        description="Others are told when nobody acknowledges it in time."
        checked={escalation !== null}
        onChange={(event) => onChange({ escalation: event.currentTarget.checked ? usualEscalation() : null })}
      />
      {escalation !== null && (
        <>
          <SpanInput
            label="Unacknowledged for"
            span={escalation.after}
            error={faultAt(faults, "after_s")}
            onSpan={(after) => onChange({ escalation: { ...escalation, after } })}
          />
          <Tell
            label="Then notify"
            audience={escalation.tell}
            targets={targets}
            error={faultAt(faults, "escalation", "targets")}
            onAudience={(tell) => onChange({ escalation: { ...escalation, tell } })}
          />
        </>
      )}
      <SpanInput
        label="The same alert if it is back within"
        span={draft.cooldown}
        error={faultAt(faults, "cooldown_s")}
        onSpan={(cooldown) => onChange({ cooldown })}
      />
    </Stack>
  );
}

interface TellProps {
  label: string;
  audience: Audience;
  targets: readonly TargetName[];
  error: string | undefined;
  onAudience: (audience: Audience) => void;
}

function Tell({ label, audience, targets, error, onAudience }: TellProps) {
  const known = new Set(targets.map(({ id }) => id));
  const gone = audience.targets.filter((id) => !known.has(id));
  return (
    <div>
      <NativeSelect
        label={label}
        data={[
          { value: "everyone", label: "everyone who wants to hear of it" },
          { value: "chosen", label: "only whom I choose" },
        ]}
        value={audience.everyone ? "everyone" : "chosen"}
        error={error}
        onChange={(event) => onAudience({ ...audience, everyone: event.currentTarget.value === "everyone" })}
      />
      {!audience.everyone && (
        <Checkbox.Group
          mt="xs"
          aria-label={`${label}: whom`}
          value={[...audience.targets]}
          onChange={(chosen) => onAudience({ everyone: false, targets: chosen })}
        >
          <Stack gap={8}>
            {targets.map(({ id, name, enabled }) => (
              <Checkbox key={id} value={id} label={enabled ? name : `${name} (turned off)`} />
            ))}
            {gone.map((id) => (
              <Checkbox key={id} value={id} label="somebody who is gone" />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
      {!audience.everyone && audience.targets.length === 0 && (
        <Text size="sm" c="dimmed" mt={6}>
          {targets.length === 0
            ? "There is nobody to choose yet. The alert still appears in the inbox."
            : "Nobody is chosen: the alert only appears in the inbox."}
        </Text>
      )}
    </div>
  );
}
