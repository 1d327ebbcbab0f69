import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { overviewQuery } from "@/api/overview";
import { useIsAdmin } from "@/api/session";
import { sitesQuery } from "@/api/system";
import type { Device, Overview } from "@/api/types";
import { DayChart } from "@/charts/day/DayChart";
import { tellsEnergy } from "@/lib/energy";
import { localZone } from "@/lib/zones";
import { Section } from "@/ui/Section";
import { Trouble } from "@/ui/Trouble";

import { GlanceFigures } from "./GlanceFigures";
import classes from "./Glance.module.css";
import { hasEnergy, hourOf } from "./atAGlance";
import { MostToday } from "./MostToday";
import { WhatCounts } from "./WhatCounts";

/** How much now and today, what is on, whether something is wrong; and today beside other days as a picture. */
export function Glance({ devices }: { devices: readonly Device[] }) {
  const measured = devices.some(({ channels }) => tellsEnergy(channels));
  const { data, error, refetch } = useQuery({ ...overviewQuery, enabled: measured });
  return (
    <>
      <GlanceFigures devices={devices} overview={data} measured={measured} />
      {error !== null && data === undefined && (
        <Trouble
          title="The energy of today could not be loaded"
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {measured && data === undefined && error === null && (
        <Skeleton h={300} radius="lg" role="img" aria-label="Loading the energy of today" />
      )}
      {data !== undefined && hasEnergy(data.today, data.yesterday, data.week_ago) && (
        <Today overview={data} devices={devices} />
      )}
    </>
  );
}

function Today({ overview, devices }: { overview: Overview; devices: readonly Device[] }) {
  const sites = useQuery(sitesQuery);
  const site = sites.data?.[0];
  const now = useServerNow(30_000);
  const isAdmin = useIsAdmin();
  const [choosing, setChoosing] = useState(false);
  const { today, yesterday, week_ago: weekAgo } = overview;
  const others = [
    { label: "Yesterday", hours: yesterday.hours },
    { label: "A week ago", hours: weekAgo.hours },
  ].filter(({ hours }) => hours.some((kwh) => kwh !== null));
  return (
    <Section
      title="Today, by the hour"
      actions={
        isAdmin &&
        site !== undefined &&
        overview.devices.length > 1 && (
          <Button variant="subtle" size="compact-sm" onClick={() => setChoosing(true)}>
            What counts
          </Button>
        )
      }
    >
      <div className={classes.today}>
        <DayChart
          today={{ label: "Today", hours: today.hours }}
          others={others}
          now={hourOf(now, site?.zone ?? localZone())}
        />
        <MostToday shares={overview.devices} devices={devices} />
      </div>
      {site !== undefined && choosing && (
        <WhatCounts
          site={site}
          shares={overview.devices}
          devices={devices}
          onClose={() => setChoosing(false)}
        />
      )}
    </Section>
  );
}
