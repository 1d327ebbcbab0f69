import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { NewTarget, NotificationPage, Target, TargetKinds, TargetName, TargetPatch } from "./types";

const PAGE_SIZE = 50;

export const targetsQuery = queryOptions({
  queryKey: keys.targets,
  queryFn: ({ signal }) => request<Target[]>("GET", "/notification-targets", undefined, signal),
  // Messages go out at their own pace.
  refetchInterval: 15_000,
});

/** What those see who write rules; where a target leads only admins do. */
export const targetNamesQuery = queryOptions({
  queryKey: keys.targetNames,
  queryFn: ({ signal }) => request<TargetName[]>("GET", "/notification-targets/names", undefined, signal),
});

export const targetKindsQuery = queryOptions({
  queryKey: keys.targetKinds,
  queryFn: ({ signal }) => request<TargetKinds>("GET", "/notification-targets/kinds", undefined, signal),
  staleTime: Infinity,
});

/** Newest first, a page at a time. */
export const notificationsQuery = infiniteQueryOptions({
  queryKey: keys.notifications,
  queryFn: ({ pageParam, signal }) => {
    const after = pageParam === null ? "" : `&after=${encodeURIComponent(pageParam)}`;
    return request<NotificationPage>("GET", `/notifications?limit=${PAGE_SIZE}${after}`, undefined, signal);
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
  refetchInterval: 15_000,
});

const path = (id: string, verb = "") => `/notification-targets/${encodeURIComponent(id)}${verb}`;

function useThenTargets<Given, Answer>(mutationFn: (given: Given) => Promise<Answer>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn,
    // Whatever came of it: a test that fails is noted as well.
    onSettled: () => cache.invalidateQueries({ queryKey: keys.targets }),
  });
}

const add = (target: NewTarget) => request<Target>("POST", "/notification-targets", target);
const change = ({ id, change: patch }: { id: string; change: TargetPatch }) =>
  request<Target>("PATCH", path(id), patch);
const remove = (id: string) => request<undefined>("DELETE", path(id));
const test = (id: string) => request<{ delivered: true; detail: string }>("POST", path(id, "/test"));

export const useAddTarget = () => useThenTargets(add);
export const useChangeTarget = () => useThenTargets(change);
export const useRemoveTarget = () => useThenTargets(remove);
/** Rejects with the reason in the server's words when the message did not arrive. */
export const useTestTarget = () => useThenTargets(test);
