import { Button, Checkbox, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import { type ForceDevice, subjectsQuery, useAddRecording, useAddSubject } from "@/api/lab";
import { parseNumber } from "@/lib/numbers";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";

const NEW = "new";

interface NewSessionProps {
  devices: readonly ForceDevice[];
  onClose: () => void;
}

/** Who pulls, on what; then straight to the guided session. */
export function NewSession({ devices, onClose }: NewSessionProps) {
  const subjects = useQuery(subjectsQuery).data ?? [];
  const navigate = useNavigate();
  const addSubject = useAddSubject();
  const addRecording = useAddRecording();
  const connected = devices.filter((device) => device.connected);
  const first = (connected[0] ?? devices[0])?.device_id;
  const [subject, setSubject] = useState(NEW);
  const [mass, setMass] = useState("");
  const [pseudonym, setPseudonym] = useState("");
  const [name, setName] = useState(() => `Session ${new Date().toLocaleDateString()}`);
  const [rig, setRig] = useState<"plate" | "inline">("plate");
  const [posture, setPosture] = useState("");
  const [protocol, setProtocol] = useState("IMTP");
  const [chosen, setChosen] = useState<string[]>(first === undefined ? [] : [first]);
  const known = subjects.find(({ id }) => id === subject);
  const massKg = mass === "" ? (known?.body_mass_kg ?? null) : parseNumber(mass);
  const channels = devices
    .filter(({ device_id: id }) => chosen.includes(id))
    .flatMap((device) => device.channels.map(({ id }) => id));
  const badMass = mass !== "" && (massKg === null || massKg < 10 || massKg > 400);

  const begin = async () => {
    const given = pseudonym.trim();
    const who =
      subject === NEW
        ? (await addSubject.mutateAsync({ body_mass_kg: massKg, pseudonym: given === "" ? null : given })).id
        : subject === ""
          ? null
          : subject;
    const made = await addRecording.mutateAsync({
      kind: "imtp",
      name: name.trim(),
      channels,
      subject_id: who,
      rig,
      posture: posture.trim(),
      protocol: protocol.trim(),
      body_mass_kg: massKg,
    });
    await navigate({ to: "/lab/session/$recordingId", params: { recordingId: made.id } });
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    // What went wrong is shown by the mutations.
    void begin().catch(() => undefined);
  };
  return (
    <Dialog opened title="New session" size="lg" keep onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <NativeSelect
            label="Athlete"
            data-autofocus
            value={subject}
            onChange={(event) => setSubject(event.currentTarget.value)}
            data={[
              { value: NEW, label: "Somebody new" },
              ...subjects.map(({ id, pseudonym: shown }) => ({ value: id, label: shown })),
              { value: "", label: "Nobody in particular (a test)" },
            ]}
          />
          <Group grow align="start">
            {subject === NEW && (
              <TextInput
                label="Pseudonym"
                description="Empty: the next free one"
                maxLength={64}
                autoComplete="off"
                value={pseudonym}
                onChange={(event) => setPseudonym(event.currentTarget.value)}
              />
            )}
            <TextInput
              label="Body mass today, kg"
              description="Empty: what the plate weighs"
              inputMode="decimal"
              autoComplete="off"
              placeholder={known?.body_mass_kg == null ? "" : String(known.body_mass_kg)}
              value={mass}
              error={badMass ? "A number of kilograms, 10 to 400" : null}
              onChange={(event) => setMass(event.currentTarget.value)}
            />
          </Group>
          <TextInput
            label="Name of the session"
            required
            maxLength={64}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group grow align="start">
            <NativeSelect
              label="Rig"
              description="They measure different things: never mix them for one athlete"
              value={rig}
              onChange={(event) => setRig(event.currentTarget.value === "inline" ? "inline" : "plate")}
              data={[
                { value: "plate", label: "Plate: cells under the feet" },
                { value: "inline", label: "In line: a cell between bar and floor" },
              ]}
            />
            <TextInput
              label="Posture (optional)"
              description="Knee and hip angle, height of the bar"
              placeholder="knee 130°, hip 145°"
              maxLength={200}
              value={posture}
              onChange={(event) => setPosture(event.currentTarget.value)}
            />
          </Group>
          <TextInput
            label="Protocol"
            maxLength={200}
            value={protocol}
            onChange={(event) => setProtocol(event.currentTarget.value)}
          />
          <Checkbox.Group label="Measured by" value={chosen} onChange={setChosen}>
            <Stack gap="xs" mt={6}>
              {devices.map((device) => (
                <Checkbox
                  key={device.device_id}
                  value={device.device_id}
                  label={`${device.name} (${device.channels.map(({ key }) => key).join(", ") || "no channels yet"})`}
                  description={device.connected ? "connected" : "not connected"}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <FormTrouble error={addSubject.error ?? addRecording.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              size="md"
              loading={addSubject.isPending || addRecording.isPending}
              disabled={channels.length === 0 || badMass || name.trim() === ""}
            >
              Begin
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
