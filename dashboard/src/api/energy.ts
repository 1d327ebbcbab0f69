import { queryOptions } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { EnergyBucket, EnergyPage, Period } from "./types";

/**
 * Whole buckets of the site's calendar that overlap [from, to), in order; those that have not begun yet are absent.
 * Asked for one instant, it answers with the bucket that holds it.
 */
export const energyQuery = (device: string, period: Period, from: number, to: number) =>
  queryOptions({
    queryKey: keys.energy(device, period, from, to),
    queryFn: async ({ signal }): Promise<EnergyBucket[]> => {
      const query = new URLSearchParams({ device, period, from: String(from), to: String(to) });
      return (await request<EnergyPage>("GET", `/energy?${query}`, undefined, signal)).items;
    },
    // The running bucket grows; the others are cheap to ask for again.
    refetchInterval: 60_000,
  });
