import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { scenesQuery, schedulesQuery, weekQuery } from "@/api/automation";
import { useServerNow } from "@/api/live/clock";
import { outputsQuery, roomsQuery } from "@/api/outputs";
import { useIsAdmin, useMayOperate } from "@/api/session";
import { sitesQuery } from "@/api/system";
import type { Schedule } from "@/api/types";
import { localZone } from "@/lib/zones";
import { dayWords, shiftDay } from "@/lib/zoned";
import { Await } from "@/ui/Await";
import { ControlTabs } from "@/ui/ControlTabs";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { ScheduleEditor } from "./ScheduleEditor";
import { ScheduleRow } from "./ScheduleRow";
import { WeekView } from "./WeekView";
import { whatWords } from "./words";

/** What switches by the clock or the sun. */
export function SchedulesPage() {
  const schedules = useQuery(schedulesQuery);
  const rooms = useQuery(roomsQuery).data ?? [];
  const { data: outputs } = useQuery(outputsQuery);
  const scenes = useQuery(scenesQuery).data ?? [];
  const site = useQuery(sitesQuery).data?.[0];
  const mayOperate = useMayOperate();
  const [edited, setEdited] = useState<Schedule | "new" | null>(null);
  const zone = site?.zone ?? localZone();
  const words = (schedule: Schedule) => whatWords(schedule, scenes, outputs ?? []);
  const nothing = outputs?.length === 0;
  const add = mayOperate && !nothing && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setEdited("new")}>
      Add schedule
    </Button>
  );
  return (
    <Page title="Schedules" actions={add}>
      <ControlTabs />
      <Await query={schedules} what="the schedules">
        {(known) => (
          <Stack gap="lg">
            <WeekSection schedules={known} words={words} onOpen={mayOperate ? setEdited : undefined} />
            <Section title="All schedules" hint={`Times are those of ${zone}, where the site is.`}>
              {known.length === 0 ? (
                <Nothing nothing={nothing} mayOperate={mayOperate} onAdd={() => setEdited("new")} />
              ) : (
                <Rows label="Schedules">
                  {known.map((schedule) => (
                    <ScheduleRow
                      key={schedule.id}
                      schedule={schedule}
                      what={words(schedule)}
                      zone={zone}
                      onEdit={() => setEdited(schedule)}
                    />
                  ))}
                </Rows>
              )}
            </Section>
          </Stack>
        )}
      </Await>
      {edited !== null && outputs !== undefined && (
        <ScheduleEditor
          schedule={edited === "new" ? null : edited}
          rooms={rooms}
          outputs={outputs}
          scenes={scenes}
          zone={zone}
          onClose={() => setEdited(null)}
        />
      )}
    </Page>
  );
}

interface NothingProps {
  nothing: boolean;
  mayOperate: boolean;
  onAdd: () => void;
}

function Nothing({ nothing, mayOperate, onAdd }: NothingProps) {
  return (
    <>
      <Empty title="There is no schedule yet">
        {nothing ? (
          <>
            There is nothing to switch, either: put a light or relay into a{" "}
            <Anchor component={Link} to="/rooms" size="sm" underline="always">
              room
            </Anchor>{" "}
            first.
          </>
        ) : (
          "A light at dusk, the boiler at six: what repeats, the server can do, and some devices even without it."
        )}
      </Empty>
      {mayOperate && !nothing && (
        <Button mt="sm" variant="default" onClick={onAdd}>
          Make the first one
        </Button>
      )}
    </>
  );
}

interface WeekSectionProps {
  schedules: readonly Schedule[];
  words: (schedule: Schedule) => string;
  onOpen: ((schedule: Schedule) => void) | undefined;
}

function WeekSection({ schedules, words, onOpen }: WeekSectionProps) {
  const [from, setFrom] = useState("");
  const query = useQuery({ ...weekQuery(from), placeholderData: (before) => before });
  const now = useServerNow(30_000);
  const first = query.data?.days[0]?.date;
  const last = query.data?.days.at(-1)?.date;
  const title =
    first === undefined || last === undefined
      ? "Week"
      : `${dayWords(first, { day: "numeric", month: "short" })} to ${dayWords(last, { day: "numeric", month: "short", year: "numeric" })}`;
  const actions = (
    <Group gap="xs">
      <Button
        variant="default"
        size="xs"
        px={8}
        aria-label="Week before"
        disabled={first === undefined}
        onClick={() => first && setFrom(shiftDay(first, -7))}
      >
        <Icon name="back" size={16} />
      </Button>
      <Button variant="default" size="xs" disabled={from === ""} onClick={() => setFrom("")}>
        This week
      </Button>
      <Button
        variant="default"
        size="xs"
        px={8}
        aria-label="Week after"
        disabled={first === undefined}
        onClick={() => first && setFrom(shiftDay(first, 7))}
      >
        <Icon name="forward" size={16} />
      </Button>
    </Group>
  );
  return (
    <Section title={title} actions={actions}>
      <Await query={query} what="the week">
        {(week) => (
          <>
            <WeekView week={week} schedules={schedules} now={now} words={words} {...(onOpen && { onOpen })} />
            {week.days.every(({ sunrise, sunset }) => sunrise === null && sunset === null) && <NoSun />}
          </>
        )}
      </Await>
    </Section>
  );
}

/** Without a place there is no dusk. */
function NoSun() {
  const site = useQuery(sitesQuery).data?.[0];
  const isAdmin = useIsAdmin();
  if (site === undefined) return null;
  return (
    <Text size="sm" c="dimmed" mt="sm">
      {site.latitude !== null ? (
        "The sun neither rises nor sets in this week."
      ) : isAdmin ? (
        <>
          For sunrise and sunset, say under{" "}
          <Anchor component={Link} to="/system" size="sm" underline="always">
            System
          </Anchor>{" "}
          where the site lies.
        </>
      ) : (
        "Sunrise and sunset appear once an administrator has said where the site lies."
      )}
    </Text>
  );
}
