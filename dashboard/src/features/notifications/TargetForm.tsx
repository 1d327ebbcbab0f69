import {
  Button,
  Checkbox,
  Group,
  NativeSelect,
  PasswordInput,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import type { Severity, TargetKinds, TargetSetting } from "@/api/types";
import { FormTrouble } from "@/ui/FormTrouble";

import { type Draft, faultOf, MAIL_PRESETS, settingsOf, usualQuiet } from "./draft";

interface TargetFormProps {
  initial: Draft;
  kinds: TargetKinds;
  /** Names of the secrets that are set already; null for a new target. */
  kept: readonly string[] | null;
  zone: string;
  busy: boolean;
  error: Error | null;
  onSubmit: (draft: Draft) => void;
}

const SEVERITIES = [
  { value: "info", label: "everything" },
  { value: "warning", label: "warnings and critical alerts" },
  { value: "critical", label: "critical alerts only" },
];

/** Where messages go to, and which. */
export function TargetForm({ initial, kinds, kept, zone, busy, error, onSubmit }: TargetFormProps) {
  const [draft, setDraft] = useState(initial);
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const fault = faultOf(draft, kinds, kept ?? []);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(draft);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          placeholder="My phone"
          maxLength={64}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          autoComplete="off"
          data-autofocus
        />
        {draft.way === "ntfy" ? (
          <NtfyFields draft={draft} onChange={set} />
        ) : (
          <ConfigFields draft={draft} kinds={kinds} kept={kept} onChange={set} />
        )}
        <Wishes draft={draft} zone={zone} onChange={set} />
        <FormTrouble error={error} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed" role="status">
            {fault}
          </Text>
          <Button type="submit" loading={busy} disabled={fault !== null}>
            {kept === null ? "Add" : "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface PartProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}

function NtfyFields({ draft: { ntfy }, onChange }: PartProps) {
  const set = (change: Partial<Draft["ntfy"]>) => onChange({ ntfy: { ...ntfy, ...change } });
  return (
    <>
      <TextInput
        label="ntfy server"
        description="Its name or address, with the port if it is not 80 (or 443)"
        placeholder="nas.local:8080"
        value={ntfy.server}
        onChange={(event) => set({ server: event.currentTarget.value })}
        autoComplete="off"
      />
      <TextInput
        label="Topic"
        description="The same one that the app on the phone subscribes to"
        placeholder="home"
        value={ntfy.topic}
        onChange={(event) => set({ topic: event.currentTarget.value })}
        autoComplete="off"
      />
      <PasswordInput
        label="Access token (optional)"
        value={ntfy.token}
        onChange={(event) => set({ token: event.currentTarget.value })}
        autoComplete="off"
        visibilityToggleButtonProps={{ "aria-label": "Show or hide the token", tabIndex: 0 }}
      />
      <Checkbox
        label="The server speaks HTTPS"
        checked={ntfy.secure}
        onChange={(event) => set({ secure: event.currentTarget.checked })}
      />
    </>
  );
}

interface ConfigFieldsProps extends PartProps {
  kinds: TargetKinds;
  kept: readonly string[] | null;
}

function ConfigFields({ draft, kinds, kept, onChange }: ConfigFieldsProps) {
  const { way, config } = draft;
  const [preset, setPreset] = useState(0);
  const set = (name: string, value: string | boolean) => onChange({ config: { ...config, [name]: value } });
  const help = MAIL_PRESETS[preset]?.help;
  return (
    <>
      {way === "email" && kept === null && (
        <NativeSelect
          label="Mail through"
          description={help}
          data={MAIL_PRESETS.map(({ label }, value) => ({ value: String(value), label }))}
          value={String(preset)}
          onChange={(event) => {
            const chosen = Number(event.currentTarget.value);
            setPreset(chosen);
            onChange({ config: { ...config, ...MAIL_PRESETS[chosen]?.config } });
          }}
        />
      )}
      {settingsOf(kinds, way)
        .filter(({ name }) => way !== "webhook" || name !== "secret")
        .map((setting) => (
          <SettingField
            key={setting.name}
            setting={setting}
            value={config[setting.name] ?? ""}
            kept={kept?.includes(setting.name) ?? false}
            onValue={(value) => set(setting.name, value)}
          />
        ))}
      {way === "webhook" && (
        <Checkbox
          label={kept?.includes("secret") ? "Make a new secret for the signature" : "Sign each message"}
          description="A secret is made and shown once; with it the receiver can tell that a message is genuine."
          checked={draft.sign}
          onChange={(event) => onChange({ sign: event.currentTarget.checked })}
        />
      )}
    </>
  );
}

interface SettingFieldProps {
  setting: TargetSetting;
  value: string | boolean;
  /** A secret that is set already. */
  kept: boolean;
  onValue: (value: string | boolean) => void;
}

const CHOICES: Readonly<Record<string, string>> = {
  starttls: "STARTTLS (port 587)",
  tls: "TLS from the first byte (port 465)",
  none: "None (port 25)",
};

function SettingField({
  setting: { label, kind, secret, required, choices },
  value,
  kept,
  onValue,
}: SettingFieldProps) {
  const name = required || kept ? label : `${label} (optional)`.replace(/\) \(optional\)$/, ", optional)");
  if (kind === "switch")
    return (
      <Checkbox
        label={label}
        checked={value === true}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
    );
  if (kind === "choice")
    return (
      <NativeSelect
        label={label}
        data={choices.map((choice) => ({ value: choice, label: CHOICES[choice] ?? choice }))}
        value={String(value)}
        onChange={(event) => onValue(event.currentTarget.value)}
      />
    );
  const shared = {
    label: name,
    value: String(value),
    onChange: (event: { currentTarget: { value: string } }) => onValue(event.currentTarget.value),
    autoComplete: secret ? "new-password" : "off",
    ...(kept && { description: "It is set. Leave this empty to keep it." }),
  };
  return secret ? (
    <PasswordInput
      {...shared}
      visibilityToggleButtonProps={{ "aria-label": `Show or hide: ${label}`, tabIndex: 0 }}
    />
  ) : (
    <TextInput {...shared} {...(kind === "number" && { inputMode: "numeric" as const })} />
  );
}

function Wishes({ draft, zone, onChange }: PartProps & { zone: string }) {
  const { quiet } = draft;
  return (
    <>
      <NativeSelect
        label="Wants to hear of"
        data={SEVERITIES}
        value={draft.severity}
        onChange={(event) => onChange({ severity: event.currentTarget.value as Severity })}
      />
      <TextInput
        label="Collect into one message for so many minutes"
        description="0: each at once. Critical alerts never wait."
        inputMode="numeric"
        value={draft.digest}
        onChange={(event) => onChange({ digest: event.currentTarget.value })}
      />
      <Switch
        label="Quiet hours"
        description={`What comes meanwhile is sent at their end, on the clocks of ${zone}. Critical alerts come at once.`}
        checked={quiet !== null}
        onChange={(event) => onChange({ quiet: event.currentTarget.checked ? usualQuiet() : null })}
      />
      {quiet !== null && (
        <Group grow>
          <TextInput
            type="time"
            label="Quiet from"
            value={quiet.start}
            onChange={(event) => onChange({ quiet: { ...quiet, start: event.currentTarget.value } })}
          />
          <TextInput
            type="time"
            label="Quiet until"
            value={quiet.end}
            onChange={(event) => onChange({ quiet: { ...quiet, end: event.currentTarget.value } })}
          />
        </Group>
      )}
      <Switch
        label="Only escalations"
        description="Hears only of alerts that nobody acknowledged in time."
        checked={draft.escalation}
        onChange={(event) => onChange({ escalation: event.currentTarget.checked })}
      />
      <Switch
        label="Also when it is over"
        checked={draft.cleared}
        onChange={(event) => onChange({ cleared: event.currentTarget.checked })}
      />
    </>
  );
}
