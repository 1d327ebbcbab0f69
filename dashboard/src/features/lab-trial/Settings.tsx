import { Button, Checkbox, Group, NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { analysesQuery, type Run, type Setting } from "@/api/lab";
import { parseNumber } from "@/lib/numbers";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";

import { badSettings, type Parameter, settingsOf, textOf } from "./settings";

interface SettingsProps {
  run: Run;
  busy: boolean;
  error: Error | null;
  onAnalyse: (parameters: Record<string, Setting>, recalibrate: boolean) => void;
}

/** Everything the analysis lets one set, drawn from what it says about itself. */
export function Settings({ run, busy, error, onAnalyse }: SettingsProps) {
  const analyses = useQuery(analysesQuery).data ?? [];
  const parameters = (analyses.find(({ name }) => name === run.analysis)?.parameters ??
    []) as unknown as Parameter[];
  const [opened, setOpened] = useState(false);
  const [recalibrate, setRecalibrate] = useState(false);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const given = (one: Parameter) =>
    texts[one.key] ?? textOf((run.parameters[one.key] ?? one.default) as Setting);
  const set = (key: string, text: string) => setTexts({ ...texts, [key]: text });
  const filled = Object.fromEntries(parameters.map((one) => [one.key, given(one)]));
  const bad = badSettings(parameters, filled);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (bad.length === 0) onAnalyse(settingsOf(parameters, filled), recalibrate);
  };
  return (
    <Section
      title="Analyse again"
      hint="With other settings; the result is a new version beside this one. Do not mix methods within one athlete's series."
      actions={
        <Button variant="default" size="sm" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          {opened ? "Hide the settings" : "Show the settings"}
        </Button>
      }
    >
      {opened && (
        <form onSubmit={submit}>
          <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }} mb="md">
            {parameters.map((one) =>
              one.choices.length > 0 ? (
                <NativeSelect
                  key={one.key}
                  label={one.label}
                  value={given(one)}
                  data={[...one.choices]}
                  onChange={(event) => set(one.key, event.currentTarget.value)}
                />
              ) : typeof one.default === "boolean" ? (
                <Checkbox
                  key={one.key}
                  label={one.label}
                  mt="xl"
                  checked={given(one) === "true"}
                  onChange={(event) => set(one.key, String(event.currentTarget.checked))}
                />
              ) : (
                <TextInput
                  key={one.key}
                  label={one.unit === "" ? one.label : `${one.label}, ${one.unit}`}
                  description={one.note === "" ? undefined : one.note}
                  inputMode="decimal"
                  value={given(one)}
                  error={
                    bad.includes(one.key) && (parseNumber(given(one)) === null ? "A number" : limits(one))
                  }
                  onChange={(event) => set(one.key, event.currentTarget.value)}
                />
              ),
            )}
          </SimpleGrid>
          <Checkbox
            mb="md"
            label="With the calibrations that hold now"
            description="The stored counts stay as they are; without this, those of the day of the trial are used."
            checked={recalibrate}
            onChange={(event) => setRecalibrate(event.currentTarget.checked)}
          />
          <FormTrouble error={error} />
          <Group justify="flex-end">
            <Button type="submit" loading={busy} disabled={bad.length > 0}>
              Analyse
            </Button>
          </Group>
        </form>
      )}
    </Section>
  );
}

const limits = ({ lowest, highest }: Parameter): string => `Between ${lowest ?? "…"} and ${highest ?? "…"}`;
