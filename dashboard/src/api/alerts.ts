import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { putAlert } from "./live/cache";
import type { Alert, AlertDetail, AlertPage, Severity } from "./types";

// More open alerts than that nobody works off one by one.
const MOST_OPEN = 1000;
const PAGE_SIZE = 50;
const MOST_MARKS = 200;

/** What is not cleared, newest first. Live frames keep it up to date. */
export const openAlertsQuery = queryOptions({
  queryKey: keys.openAlerts,
  queryFn: async ({ signal }) =>
    (await request<AlertPage>("GET", `/alerts?state=open&limit=${MOST_OPEN}`, undefined, signal)).items,
  staleTime: 60_000,
});

/** How many alerts are open, and the gravest of them. */
export function useOpenAlerts(): { count: number; gravest: Severity | null } {
  const { data } = useQuery(openAlertsQuery);
  const gravest = (["critical", "warning", "info"] as const).find((severity) =>
    data?.some((alert) => alert.severity === severity),
  );
  return { count: data?.length ?? 0, gravest: gravest ?? null };
}

export interface Wanted {
  state?: "cleared";
  device?: string;
  channel?: string;
  rule?: string;
  severity?: Severity;
  /** ms. */
  from?: number;
  to?: number;
}

const asked = (wanted: Wanted): string =>
  new URLSearchParams(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value as string | number)]],
    ),
  ).toString();

/** Newest first, a page at a time. */
export const alertHistoryQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: keys.alertHistory(asked(wanted)),
    queryFn: ({ pageParam, signal }) => {
      const after = pageParam === null ? "" : `&after=${encodeURIComponent(pageParam)}`;
      return request<AlertPage>(
        "GET",
        `/alerts?limit=${PAGE_SIZE}${after}&${asked(wanted)}`,
        undefined,
        signal,
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The alerts of one device that were open at some time in [from, to), newest first. */
export const alertsWithinQuery = (device: string, from: number, to: number) =>
  queryOptions({
    queryKey: keys.alertHistory(`marks ${device} ${from} ${to}`),
    queryFn: async ({ signal }) => {
      const query = asked({ device, from, to });
      const page = await request<AlertPage>("GET", `/alerts?limit=${MOST_MARKS}&${query}`, undefined, signal);
      return page.items;
    },
    placeholderData: (before) => before,
  });

export const alertQuery = (id: string) =>
  queryOptions({
    queryKey: keys.alert(id),
    queryFn: ({ signal }) =>
      request<AlertDetail>("GET", `/alerts/${encodeURIComponent(id)}`, undefined, signal),
  });

function useHandle<Given extends { id: string }>(verb: string, body: (given: Given) => unknown) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (given: Given) =>
      request<Alert>("POST", `/alerts/${encodeURIComponent(given.id)}/${verb}`, body(given)),
    onSuccess: (alert) => putAlert(cache, alert),
  });
}

const noted = ({ note }: { id: string; note: string }) => ({ note });
const spanned = ({ forS }: { id: string; forS: number }) => ({ for_s: forS });
const nothing = () => ({});

export const useAcknowledge = () => useHandle("acknowledge", noted);
/** For 0 s: the snooze ends. */
export const useSnooze = () => useHandle("snooze", spanned);
export const useClearAlert = () => useHandle<{ id: string }>("clear", nothing);
