import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { usePutScene, useRemoveScene } from "@/api/automation";
import type { Level, Output, OutputSetting, Room, Scene } from "@/api/types";
import { shownState } from "@/lib/outputs";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";
import { StatePicker } from "@/ui/StatePicker";
import { useToast } from "@/ui/toasts";

interface SceneEditorProps {
  /** Null for a new one. */
  scene: Scene | null;
  rooms: readonly Room[];
  outputs: readonly Output[];
  onClose: () => void;
}

/** What a scene does with each output; what is left as it is has no place in it. */
export function SceneEditor({ scene, rooms, outputs, onClose }: SceneEditorProps) {
  const [name, setName] = useState(scene?.name ?? "");
  const [settings, setSettings] = useState<readonly OutputSetting[]>(scene?.settings ?? []);
  const [asking, setAsking] = useState(false);
  const put = usePutScene();
  const remove = useRemoveScene();
  const toast = useToast();
  const set = (id: string, state: Level | null) => {
    const others = settings.filter(({ output_id }) => output_id !== id);
    const timer = settings.find(({ output_id }) => output_id === id)?.for_s;
    setSettings(
      state === null ? others : [...others, { output_id: id, state, ...(timer ? { for_s: timer } : {}) }],
    );
  };
  const asNow = () =>
    setSettings(
      outputs.flatMap((output) => {
        const state = shownState(output);
        return state === null ? [] : [{ output_id: output.id, state }];
      }),
    );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    put.mutate(
      { id: scene?.id ?? null, body: { name: name.trim(), settings: [...settings] } },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog opened onClose={onClose} title={scene === null ? "New scene" : scene.name} keep>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name of the scene"
            placeholder="Evening"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={64}
            autoComplete="off"
            required
            data-autofocus
          />
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {settings.length === 0
                ? "Choose what it sets."
                : `Sets ${settings.length} of ${outputs.length}.`}
            </Text>
            <Button variant="default" size="xs" onClick={asNow}>
              Take all as they are now
            </Button>
          </Group>
          {rooms.map((room) => {
            const here = outputs.filter(({ room_id }) => room_id === room.id);
            return here.length === 0 ? null : (
              <Stack key={room.id} gap={8} role="group" aria-label={room.name}>
                <Text size="sm" fw={600}>
                  {room.name}
                </Text>
                {here.map((output) => (
                  <StatePicker
                    key={output.id}
                    label={output.name}
                    levels={output.levels}
                    state={settings.find(({ output_id }) => output_id === output.id)?.state ?? null}
                    onState={(state) => set(output.id, state)}
                    leave="Leave"
                  />
                ))}
              </Stack>
            );
          })}
          <FormTrouble error={put.error} />
          <Group justify="space-between">
            {scene === null ? (
              <span />
            ) : (
              <Button variant="default" c="var(--mantine-color-error)" onClick={() => setAsking(true)}>
                Remove scene
              </Button>
            )}
            <Button
              type="submit"
              loading={put.isPending}
              disabled={settings.length === 0 || name.trim() === ""}
            >
              Save scene
            </Button>
          </Group>
        </Stack>
      </form>
      {scene !== null && (
        <Confirm
          opened={asking}
          title={`Remove the scene ${scene.name}?`}
          verb="Remove scene"
          dangerous
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            remove.mutate(scene.id, {
              onSuccess: () => {
                onClose();
                toast({ text: `The scene ${scene.name} is removed.` });
              },
            })
          }
        >
          Schedules that run it will do nothing any more.
          <FormTrouble error={remove.error} />
        </Confirm>
      )}
    </Dialog>
  );
}
