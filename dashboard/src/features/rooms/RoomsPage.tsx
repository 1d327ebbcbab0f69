import { Button, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { outputsQuery, roomsQuery } from "@/api/outputs";
import { useMayOperate } from "@/api/session";
import type { Output, Room } from "@/api/types";
import { Await } from "@/ui/Await";
import { ControlTabs } from "@/ui/ControlTabs";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

import { AddRoom, FirstRoom } from "./AddRoom";
import { RoomSection } from "./RoomSection";
import { Scenes } from "./Scenes";

// A frame that got lost must not leave a switch hanging for long.
const RENEW_MS = 30_000;

/** Everything that is switched, room by room. */
export function RoomsPage() {
  const rooms = useQuery(roomsQuery);
  const outputs = useQuery({ ...outputsQuery, refetchInterval: RENEW_MS });
  const mayOperate = useMayOperate();
  const [adding, setAdding] = useState(false);
  const add = mayOperate && (rooms.data?.length ?? 0) > 0 && (
    <Button variant="default" leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
      Add room
    </Button>
  );
  return (
    <Page title="Rooms" actions={add}>
      <ControlTabs />
      <Await query={rooms} what="the rooms">
        {(known) => (
          <Await query={outputs} what="the lights and relays">
            {(switched) => <Everything rooms={known} outputs={switched} />}
          </Await>
        )}
      </Await>
      {mayOperate && <AddRoom opened={adding} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function Everything({ rooms, outputs }: { rooms: Room[]; outputs: Output[] }) {
  const mayOperate = useMayOperate();
  if (rooms.length === 0)
    return mayOperate ? (
      <FirstRoom />
    ) : (
      <Section title="Nothing to see here yet">
        <Empty title="No light or relay is shared with you">
          Whoever runs this server can share devices with you; what they switch then appears here.
        </Empty>
      </Section>
    );
  const sorted = rooms.toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <Stack gap="lg">
      {outputs.length > 0 && <Scenes rooms={sorted} outputs={outputs} />}
      {sorted.map((room) => (
        <RoomSection
          key={room.id}
          room={room}
          rooms={sorted}
          outputs={outputs.filter((output) => output.room_id === room.id)}
        />
      ))}
      {!mayOperate && (
        <Group c="dimmed" fz="sm">
          You see what is on; switching it needs an operator.
        </Group>
      )}
    </Stack>
  );
}
