import "@/ui/forms.css";

import { Anchor, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import { scenesQuery } from "@/api/automation";
import { devicesQuery } from "@/api/devices";
import { targetNamesQuery } from "@/api/notifications";
import { outputsQuery } from "@/api/outputs";
import { rulesQuery, useAddRule, useChangeRule } from "@/api/rules";
import { sitesQuery } from "@/api/system";
import type { Device, Rule } from "@/api/types";
import { byImportance } from "@/lib/channels";
import { faultAt, faultsOf } from "@/lib/faults";
import { localZone } from "@/lib/zones";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Icon } from "@/ui/Icon";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

import { ActionFields } from "./ActionFields";
import { bodyOf, type Draft, draftOf, knownOf, newDraft } from "./draft";
import { suggestedName } from "./kinds";
import { Preview, usePreview } from "./Preview";
import classes from "./RulePage.module.css";
import { ThenFields } from "./ThenFields";
import { WhenFields } from "./WhenFields";

const BACK = (
  <Anchor component={Link} to="/rules" size="sm" className="way-back">
    <Icon name="back" size={14} /> Rules
  </Anchor>
);

/** One rule while it is written: a new one, or another content of one that is there. */
export function RulePage() {
  const { ruleId } = useParams({ from: "/inside/rules/$ruleId" });
  const { channel } = useSearch({ from: "/inside/rules/$ruleId" });
  const devices = useQuery(devicesQuery);
  const rules = useQuery({ ...rulesQuery, enabled: ruleId !== "new" });
  const rule = rules.data?.find(({ id }) => id === ruleId);
  const title = ruleId === "new" ? "New rule" : (rule?.name ?? "Rule");
  return (
    <Page title={title} before={BACK}>
      <Await query={devices} what="the devices">
        {(known) =>
          ruleId === "new" ? (
            <RuleForm rule={null} devices={known} channel={channel} />
          ) : (
            <Await query={rules} what="the rule">
              {() =>
                rule === undefined ? (
                  <Empty title="There is no such rule">Somebody may have removed it.</Empty>
                ) : (
                  <RuleForm key={rule.id} rule={rule} devices={known} />
                )
              }
            </Await>
          )
        }
      </Await>
    </Page>
  );
}

/** What people most likely want to watch. */
function likeliest(devices: readonly Device[]): string {
  const [first] = byImportance(
    devices.filter(({ state }) => state === "claimed").flatMap(({ channels }) => channels),
  );
  return first?.id ?? "";
}

interface RuleFormProps {
  rule: Rule | null;
  devices: readonly Device[];
  channel?: string | undefined;
}

function RuleForm({ rule, devices, channel }: RuleFormProps) {
  const known = knownOf(devices);
  const [draft, setDraft] = useState<Draft>(() =>
    rule === null ? newDraft(channel ?? likeliest(devices), known) : draftOf(rule, known),
  );
  const outputs = useQuery(outputsQuery).data ?? [];
  const scenes = useQuery(scenesQuery).data ?? [];
  const targets = useQuery(targetNamesQuery).data ?? [];
  const zone = useQuery(sitesQuery).data?.[0]?.zone ?? localZone();
  const add = useAddRule();
  const change = useChangeRule();
  const navigate = useNavigate();
  const toast = useToast();
  const suggested = suggestedName(draft, known);
  const { body, faults: gaps } = bodyOf(draft, known, suggested);
  const whole = gaps.length === 0;
  const asked = usePreview(whole ? body : null);
  const refused = add.error ?? change.error;
  const faults = [...faultsOf(refused), ...(whole ? asked.faults : [])];
  const set = (given: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...given }));
    if (refused !== null) {
      add.reset();
      change.reset();
    }
  };
  const saved = () => {
    toast({ text: `${body.name} is saved.` });
    void navigate({ to: "/rules" });
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (rule === null) add.mutate(body, { onSuccess: saved });
    else change.mutate({ id: rule.id, change: body }, { onSuccess: saved });
  };
  const missing = gaps[0]?.text ?? asked.faults[0]?.text ?? null;
  return (
    <form onSubmit={submit} className={classes.columns}>
      <Stack gap="lg">
        {rule?.trouble != null && <Notice level="warning">It watches nothing now: {rule.trouble}.</Notice>}
        <Section title="When">
          <WhenFields draft={draft} known={known} faults={faults} onChange={set} />
        </Section>
        <Section title="Then">
          <ThenFields draft={draft} targets={targets} faults={faults} zone={zone} onChange={set} />
        </Section>
        <Section title="And do" hint="What the rule does by itself; leave it empty to be told only.">
          <ActionFields
            draft={draft}
            outputs={outputs}
            scenes={scenes}
            targets={targets}
            faults={faults}
            onChange={set}
          />
        </Section>
      </Stack>
      <div className={classes.side}>
        <Section title="What it says">
          <Stack>
            <TextInput
              label="Name"
              placeholder={suggested}
              value={draft.name}
              maxLength={64}
              error={faultAt(faults, "name")}
              onChange={(event) => set({ name: event.currentTarget.value })}
              autoComplete="off"
            />
            <Preview asked={asked} body={whole ? body : null} known={known} missing={missing} />
            <FormTrouble error={refused} />
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                {rule?.builtin != null && "One of the rules that are there from the start."}
              </Text>
              <Button type="submit" disabled={!whole} loading={add.isPending || change.isPending}>
                Save rule
              </Button>
            </Group>
          </Stack>
        </Section>
      </div>
    </form>
  );
}
