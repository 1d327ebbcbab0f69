import { Button, Group, Progress, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useIsAdmin } from "@/api/session";
import { useAddRelease } from "@/api/updates";
import { formatBytes } from "@/lib/units";
import { FileDrop } from "@/ui/FileDrop";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

import { type Draft, EMPTY, faultOf, kindOfFile, partOf } from "./draft";

const HINT =
  "A signed bundle for native devices, or a vendor's image for PZEM meters and home panels. It is checked before anything of it is kept, and no device gets it until you start a rollout.";

/** A file becomes a release: dropped, looked at, sent. */
export function AddRelease() {
  const isAdmin = useIsAdmin();
  const [file, setFile] = useState<File | null>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [share, setShare] = useState(0);
  const add = useAddRelease(setShare);
  const toast = useToast();
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const choose = (chosen: File) => {
    add.reset();
    setShare(0);
    setFile(chosen);
    set({ kind: kindOfFile(chosen.name) });
  };
  const fault = file === null ? null : faultOf(draft, file.size, isAdmin);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (file === null) return;
    const sent = { file, ...draft, boards: draft.boards.trim(), version: draft.version.trim() };
    add.mutate(sent, {
      onSuccess: ({ version }) => {
        setFile(null);
        setDraft(EMPTY);
        toast({ text: `Version ${version} is here. It goes to nobody until you start a rollout.` });
      },
    });
  };
  return (
    <Section title="Bring a release" hint={HINT}>
      <form onSubmit={submit}>
        <Stack>
          <FileDrop
            label="Bundle or image"
            hint="Drop a .tar or .bin file here"
            accept=".tar,.bin"
            chosen={file === null ? null : `${file.name}, ${formatBytes(file.size)}`}
            onFile={choose}
          />
          {file !== null && (
            <>
              <SegmentedControl
                aria-label="What it is"
                value={draft.kind}
                onChange={(kind) => set({ kind: kind === "image" ? "image" : "bundle" })}
                data={[
                  { value: "bundle", label: "Signed bundle" },
                  { value: "image", label: "Vendor image" },
                ]}
              />
              {draft.kind === "image" && (
                <>
                  <TextInput
                    label="Boards"
                    description="Separated by commas, e.g. m5core2, esp32"
                    value={draft.boards}
                    onChange={(event) => set({ boards: event.currentTarget.value })}
                    spellCheck={false}
                  />
                  <TextInput
                    label="Version"
                    description={`An image does not say it itself. By its name this one replaces ${partOf(file.name)}.`}
                    maxLength={32}
                    value={draft.version}
                    onChange={(event) => set({ version: event.currentTarget.value })}
                    spellCheck={false}
                  />
                </>
              )}
              <SegmentedControl
                aria-label="Channel"
                value={draft.channel}
                onChange={(channel) => set({ channel: channel === "beta" ? "beta" : "stable" })}
                data={[
                  { value: "stable", label: "Stable" },
                  { value: "beta", label: "Beta" },
                ]}
              />
              <Textarea
                label="Notes (optional)"
                description="What is new; people read it before they start a rollout"
                maxLength={4000}
                autosize
                minRows={2}
                value={draft.notes}
                onChange={(event) => set({ notes: event.currentTarget.value })}
              />
              {add.isPending && (
                <div role="status">
                  <Text size="sm">
                    {share < 1 ? `Sending, ${Math.floor(100 * share)} %` : "Being checked by the server"}
                  </Text>
                  <Progress value={100 * share} aria-label="Progress of the upload" />
                </div>
              )}
              <FormTrouble error={add.error} />
              <Group justify="space-between">
                <Text size="sm" c="dimmed" role="status">
                  {fault}
                </Text>
                <Button type="submit" loading={add.isPending} disabled={fault !== null}>
                  Add release
                </Button>
              </Group>
            </>
          )}
        </Stack>
      </form>
    </Section>
  );
}
