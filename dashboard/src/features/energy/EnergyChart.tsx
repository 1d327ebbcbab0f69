import { Stack, useComputedColorScheme } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import type { Device } from "@/api/types";
import { BarLegend } from "@/charts/BarLegend";
import { LazyBarChart } from "@/charts/LazyBarChart";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Section } from "@/ui/Section";

import { EnergyControls } from "./EnergyControls";
import { EnergyTable } from "./EnergyTable";
import { EnergyTotals } from "./EnergyTotals";
import { wholeName } from "./names";
import { barsOf, perWords, QUALITY, sumOf } from "./shape";
import { type Shown, useEnergy } from "./useEnergy";
import { into, outOf, searchOf, type View, viewIn } from "./view";

const CLOCK_MS = 60_000;

/** Bars of energy, and every way from one view of them to the next. The view is in the address. */
export function EnergyChart({ device, zone }: { device: Device; zone: string }) {
  const view = viewIn(useSearch({ strict: false }));
  const navigate = useNavigate();
  const now = useServerNow(CLOCK_MS);
  // What is newest when the page opens; a clock that moves on must not move the view.
  const [newest] = useState(() => device.last_seen_at ?? now);
  const query = useEnergy(device.id, view, newest);
  const go = (next: View) =>
    void navigate({
      to: "/devices/$deviceId/energy",
      params: { deviceId: device.id },
      search: searchOf(next),
      resetScroll: false,
    });
  return (
    <Section title={perWords(view.by)}>
      <Stack gap="md">
        <EnergyControls view={view} shown={query.data} zone={zone} now={now} onGo={go} />
        <Await query={query} what="the energy">
          {(shown) => <Bars shown={shown} zone={zone} now={now} onGo={go} />}
        </Await>
      </Stack>
    </Section>
  );
}

interface BarsProps {
  shown: Shown;
  zone: string;
  now: number;
  onGo: (view: View) => void;
}

function Bars({ shown, zone, now, onGo }: BarsProps) {
  const { view, from, whole, buckets } = shown;
  const scheme = useComputedColorScheme("light");
  const bars = barsOf(buckets, view, zone);
  const name = wholeName(view.of, from, zone);
  const opens = into(view, 0) !== null;
  const open = (place: number) => {
    const bucket = buckets[place];
    const next = bucket && into(view, bucket.start);
    if (next) onGo(next);
  };
  const upward = outOf({ ...view, at: from });
  if (buckets.length === 0)
    return (
      <Empty title="No energy has been recorded yet">The first bar appears with the first values.</Empty>
    );
  return (
    <>
      <EnergyTotals sum={sumOf(whole, buckets, now)} running={shown.to > now} />
      <LazyBarChart
        unit="kWh"
        bars={bars}
        scheme={scheme}
        label={`${perWords(view.by)}, ${name}. Left and right arrows move${opens ? ", Enter opens" : ""}${upward ? ", Escape goes up" : ""}.`}
        hint={opens ? "Choose a bar to look into it" : "Point at a bar to read it"}
        {...(opens && { onOpen: open })}
        {...(upward && { onLeave: () => onGo(upward) })}
      />
      <BarLegend scheme={scheme} words={QUALITY} />
      <EnergyTable view={view} buckets={buckets} zone={zone} label={`${perWords(view.by)}, ${name}`} />
    </>
  );
}
