import { Button, Text } from "@mantine/core";
import { useState } from "react";

import { useSwitchOutput } from "@/api/outputs";
import { useMayOperate } from "@/api/session";
import type { Output, Room } from "@/api/types";
import { isOn, shownState } from "@/lib/outputs";
import { Icon } from "@/ui/Icon";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

import { AddOutput } from "./AddOutput";
import { EditRoom } from "./EditRoom";
import { OutputCard } from "./OutputCard";
import classes from "./RoomSection.module.css";

interface RoomSectionProps {
  room: Room;
  rooms: readonly Room[];
  outputs: readonly Output[];
}

/** One room: what is switched in it, and all of it off at once. */
export function RoomSection({ room, rooms, outputs }: RoomSectionProps) {
  const mayOperate = useMayOperate();
  const [asked, setAsked] = useState<"add" | "edit" | null>(null);
  const close = () => setAsked(null);
  const lit = outputs.filter((output) => isOn(shownState(output)));
  return (
    <Section
      title={room.name}
      actions={
        <div className={classes.actions}>
          <Text component="span" size="sm" c="dimmed" className={classes.count ?? ""}>
            {outputs.length > 0 && (lit.length === 0 ? "all off" : `${lit.length} on`)}
          </Text>
          {mayOperate && lit.length > 0 && <AllOff room={room} lit={lit} />}
          {mayOperate && (
            <>
              <Button
                variant="default"
                size="sm"
                px={10}
                aria-label={`Add a light or relay to ${room.name}`}
                title="Add a light or relay"
                onClick={() => setAsked("add")}
              >
                <Icon name="plus" />
              </Button>
              <Button
                variant="default"
                size="sm"
                px={10}
                aria-label={`Change the room ${room.name}`}
                title="Change the room"
                onClick={() => setAsked("edit")}
              >
                <Icon name="pencil" />
              </Button>
            </>
          )}
        </div>
      }
    >
      {outputs.length === 0 ? (
        <div className={classes.empty}>
          <Text c="dimmed" size="sm">
            Nothing is switched in this room yet.
          </Text>
          {mayOperate && (
            <Button leftSection={<Icon name="plus" />} onClick={() => setAsked("add")}>
              Add a light or relay
            </Button>
          )}
        </div>
      ) : (
        <ul className={classes.cards}>
          {outputs
            .toSorted((a, b) => a.name.localeCompare(b.name))
            .map((output) => (
              <OutputCard key={output.id} output={output} rooms={rooms} />
            ))}
        </ul>
      )}
      {asked === "add" && <AddOutput room={room} onClose={close} />}
      {asked === "edit" && <EditRoom room={room} empty={outputs.length === 0} onClose={close} />}
    </Section>
  );
}

function AllOff({ room, lit }: { room: Room; lit: readonly Output[] }) {
  const turn = useSwitchOutput();
  const toast = useToast();
  const off = () => {
    for (const output of lit) turn.mutate({ output, state: "off", reason: `all off in ${room.name}` });
    toast({
      topic: "switch",
      text: `${room.name}: all off.`,
      onUndo: () => {
        for (const output of lit)
          turn.mutate({ output, state: shownState(output) ?? "on", reason: "undo of all off" });
      },
    });
  };
  return (
    <Button variant="default" size="sm" onClick={off} aria-label={`All off in ${room.name}`}>
      All off
    </Button>
  );
}
