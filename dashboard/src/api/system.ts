import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { Site, SystemInfo } from "./types";

export const systemQuery = queryOptions({
  queryKey: keys.system,
  queryFn: ({ signal }) => request<SystemInfo>("GET", "/system", undefined, signal),
  refetchInterval: 10_000,
});

export const sitesQuery = queryOptions({
  queryKey: keys.sites,
  queryFn: ({ signal }) => request<Site[]>("GET", "/sites", undefined, signal),
});

export function useChangeSite() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      ...change
    }: {
      id: string;
      name?: string;
      zone?: string;
      latitude?: number;
      longitude?: number;
      uncounted?: string[];
    }) => request<Site>("PATCH", `/sites/${encodeURIComponent(id)}`, change),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: keys.sites }),
        // Another place has another sun.
        cache.invalidateQueries({ queryKey: keys.schedules }),
        cache.invalidateQueries({ queryKey: keys.overview }),
      ]),
  });
}
