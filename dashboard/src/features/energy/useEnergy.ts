import { useQuery } from "@tanstack/react-query";

import { energyQuery } from "@/api/energy";
import type { EnergyBucket } from "@/api/types";

import { withoutLead } from "./shape";
import type { View } from "./view";

/** The server takes no sample from before. */
const FIRST_MS = 946_684_800_000;

export interface Shown {
  view: View;
  /** Borders of the whole span, as the server's calendar has them. */
  from: number;
  to: number;
  /** The whole span as one bucket; null for all years. */
  whole: EnergyBucket | null;
  buckets: EnergyBucket[];
}

interface Energy {
  data: Shown | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/** First the whole span that holds the instant, then the bars within it: both borders are the server's. */
export function useEnergy(device: string, view: View, newest: number): Energy {
  const { by, of } = view;
  const at = view.at ?? newest;
  const wholeQuery = useQuery({
    ...energyQuery(device, of === "all" ? "year" : of, at, at + 1),
    enabled: of !== "all",
  });
  const whole = of === "all" ? null : wholeQuery.data?.[0];
  const [from, to] = whole ? [whole.start, whole.end] : [FIRST_MS, newest + 1];
  const barsQuery = useQuery({
    ...energyQuery(device, by, from, to),
    enabled: whole !== undefined,
  });
  const failed = wholeQuery.error ? wholeQuery : barsQuery;
  const data =
    whole === undefined || barsQuery.data === undefined
      ? undefined
      : { view, from, to, whole, buckets: of === "all" ? withoutLead(barsQuery.data) : barsQuery.data };
  return { data, error: failed.error, refetch: failed.refetch };
}
