import { Button, Checkbox, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { type Subject, type SubjectGroup, useAddGroup, useAddSubject, useChangeSubject } from "@/api/lab";
import { parseNumber } from "@/lib/numbers";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";

interface AthleteFormProps {
  /** Absent: a new one. */
  subject: Subject | undefined;
  groups: readonly SubjectGroup[];
  onClose: () => void;
}

export function AthleteForm({ subject, groups, onClose }: AthleteFormProps) {
  const add = useAddSubject();
  const change = useChangeSubject();
  const addGroup = useAddGroup();
  const [pseudonym, setPseudonym] = useState(subject?.pseudonym ?? "");
  const [mass, setMass] = useState(subject?.body_mass_kg == null ? "" : String(subject.body_mass_kg));
  const [consent, setConsent] = useState(subject?.consent ?? "");
  const [note, setNote] = useState(subject?.note ?? "");
  const [chosen, setChosen] = useState<string[]>(subject?.groups ?? []);
  const [group, setGroup] = useState("");
  const massKg = parseNumber(mass);
  const badMass = mass.trim() !== "" && (massKg === null || massKg < 10 || massKg > 400);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = { body_mass_kg: massKg, consent: consent.trim(), note: note.trim(), groups: chosen };
    const given = pseudonym.trim();
    if (subject === undefined)
      add.mutate({ ...body, pseudonym: given === "" ? null : given }, { onSuccess: onClose });
    else change.mutate({ id: subject.id, pseudonym: given, ...body }, { onSuccess: onClose });
  };
  return (
    <Dialog
      opened
      keep
      title={subject === undefined ? "Add athlete" : `Edit ${subject.pseudonym}`}
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Pseudonym"
            description={subject === undefined ? "Empty: the next free one" : undefined}
            data-autofocus
            maxLength={64}
            autoComplete="off"
            required={subject !== undefined}
            value={pseudonym}
            onChange={(event) => setPseudonym(event.currentTarget.value)}
          />
          <TextInput
            label="Body mass, kg"
            inputMode="decimal"
            value={mass}
            error={badMass ? "A number of kilograms, 10 to 400" : null}
            onChange={(event) => setMass(event.currentTarget.value)}
          />
          <Checkbox.Group label="Groups" value={chosen} onChange={setChosen}>
            <Group gap="sm" mt={6}>
              {groups.map(({ id, name }) => (
                <Checkbox key={id} value={id} label={name} />
              ))}
            </Group>
          </Checkbox.Group>
          <Group align="end" gap="xs">
            <TextInput
              label="New group"
              maxLength={64}
              value={group}
              onChange={(event) => setGroup(event.currentTarget.value)}
            />
            <Button
              variant="default"
              disabled={group.trim() === ""}
              loading={addGroup.isPending}
              onClick={() =>
                addGroup.mutate(group.trim(), {
                  onSuccess: ({ id }) => {
                    setChosen([...chosen, id]);
                    setGroup("");
                  },
                })
              }
            >
              Make the group
            </Button>
          </Group>
          <TextInput
            label="Consent"
            description="When and how they agreed to be measured"
            maxLength={2000}
            value={consent}
            onChange={(event) => setConsent(event.currentTarget.value)}
          />
          <Textarea
            label="Note"
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <FormTrouble error={add.error ?? change.error ?? addGroup.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending || change.isPending} disabled={badMass}>
              {subject === undefined ? "Add athlete" : "Save"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
