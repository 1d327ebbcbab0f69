import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { Mapping, NewMapping, Unmatched } from "./types";

export const mappingsQuery = queryOptions({
  queryKey: keys.mappings,
  queryFn: ({ signal }) => request<Mapping[]>("GET", "/mappings", undefined, signal),
});

/** The newest message of every topic and path that nothing understands. */
export const unmatchedQuery = queryOptions({
  queryKey: keys.unmatched,
  queryFn: ({ signal }) => request<Unmatched[]>("GET", "/mappings/preview", undefined, signal),
  refetchInterval: 5_000,
});

const path = (id: string) => `/mappings/${encodeURIComponent(id)}`;

function useRenewed() {
  const cache = useQueryClient();
  return () =>
    Promise.all([
      cache.invalidateQueries({ queryKey: keys.mappings }),
      cache.invalidateQueries({ queryKey: keys.unmatched }),
    ]);
}

export function useCreateMapping() {
  const renewed = useRenewed();
  return useMutation({
    mutationFn: (mapping: NewMapping) => request<Mapping>("POST", "/mappings", mapping),
    onSuccess: renewed,
  });
}

export function useSwitchMapping() {
  const renewed = useRenewed();
  return useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      request<Mapping>("PATCH", path(id), { enabled }),
    onSettled: renewed,
  });
}

export function useDeleteMapping() {
  const renewed = useRenewed();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", path(id)),
    onSuccess: renewed,
  });
}
