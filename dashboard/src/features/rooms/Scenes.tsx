import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { scenesQuery, useRunScene } from "@/api/automation";
import { useSwitchOutput } from "@/api/outputs";
import { useMayOperate } from "@/api/session";
import type { Output, Room, Scene } from "@/api/types";
import { shownState } from "@/lib/outputs";
import { Icon } from "@/ui/Icon";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

import { SceneEditor } from "./SceneEditor";
import classes from "./Scenes.module.css";

/** One touch sets several things at once. */
export function Scenes({ rooms, outputs }: { rooms: readonly Room[]; outputs: readonly Output[] }) {
  const { data: scenes } = useQuery(scenesQuery);
  const mayOperate = useMayOperate();
  const [edited, setEdited] = useState<Scene | "new" | null>(null);
  if (scenes === undefined || (scenes.length === 0 && !mayOperate)) return null;
  const add = mayOperate && (
    <Button
      variant="default"
      size="sm"
      leftSection={<Icon name="plus" />}
      onClick={() => setEdited("new")}
      aria-label="Add scene"
    >
      Add
    </Button>
  );
  return (
    <Section
      title="Scenes"
      actions={add}
      hint={scenes.length === 0 ? "A scene sets several lights and relays with one touch." : undefined}
    >
      {scenes.length > 0 && (
        <ul className={classes.scenes}>
          {scenes.map((scene) => (
            <SceneButton key={scene.id} scene={scene} outputs={outputs} onEdit={() => setEdited(scene)} />
          ))}
        </ul>
      )}
      {edited !== null && (
        <SceneEditor
          scene={edited === "new" ? null : edited}
          rooms={rooms}
          outputs={outputs}
          onClose={() => setEdited(null)}
        />
      )}
    </Section>
  );
}

interface SceneButtonProps {
  scene: Scene;
  outputs: readonly Output[];
  onEdit: () => void;
}

function SceneButton({ scene, outputs, onEdit }: SceneButtonProps) {
  const mayOperate = useMayOperate();
  const run = useRunScene();
  const turn = useSwitchOutput();
  const toast = useToast();
  const begin = () => {
    const before = outputs.filter(({ id }) => scene.settings.some(({ output_id }) => output_id === id));
    run.mutate(scene.id, {
      onSuccess: ({ outputs: count }) =>
        toast({
          topic: "switch",
          text: `${scene.name}: ${count} set.`,
          onUndo: () => {
            for (const output of before)
              turn.mutate({ output, state: shownState(output) ?? "off", reason: `undo of ${scene.name}` });
          },
        }),
      onError: (error) => toast({ topic: "switch", text: `${scene.name}: ${error.message}` }),
    });
  };
  const count = scene.settings.length;
  return (
    <li className={classes.scene}>
      <button type="button" className={classes.run} disabled={!mayOperate || run.isPending} onClick={begin}>
        <Icon name="play" size={22} />
        <span>
          <span className={classes.name}>{scene.name}</span>
          <span className={classes.note}>
            sets {count} {count === 1 ? "output" : "outputs"}
          </span>
        </span>
      </button>
      {mayOperate && (
        <button
          type="button"
          className={classes.edit}
          aria-label={`Change the scene ${scene.name}`}
          onClick={onEdit}
        >
          <Icon name="pencil" />
        </button>
      )}
    </li>
  );
}
