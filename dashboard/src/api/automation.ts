import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { LoadLimit, LoadLimitBody, Scene, SceneBody, Schedule, ScheduleBody, Week } from "./types";

export const scenesQuery = queryOptions({
  queryKey: keys.scenes,
  queryFn: ({ signal }) => request<Scene[]>("GET", "/scenes", undefined, signal),
});

export const schedulesQuery = queryOptions({
  queryKey: keys.schedules,
  queryFn: ({ signal }) => request<Schedule[]>("GET", "/schedules", undefined, signal),
  // The next run moves on, and devices say at their own pace that they have taken one over.
  refetchInterval: 30_000,
});

/** Seven days of the site's calendar from `from` (YYYY-MM-DD); empty for those from this Monday. */
export const weekQuery = (from: string) =>
  queryOptions({
    queryKey: keys.week(from),
    queryFn: ({ signal }) =>
      request<Week>(
        "GET",
        `/schedules/week${from === "" ? "" : `?from=${encodeURIComponent(from)}`}`,
        undefined,
        signal,
      ),
  });

export const loadLimitsQuery = queryOptions({
  queryKey: keys.loadLimits,
  queryFn: ({ signal }) => request<LoadLimit[]>("GET", "/load-limits", undefined, signal),
  refetchInterval: 30_000,
});

/** New without an id, else another content of the one that has it. */
interface Put<Body> {
  id: string | null;
  body: Body;
}

const putter =
  <Body>(path: string) =>
  ({ id, body }: Put<Body>) =>
    id === null
      ? request<unknown>("POST", path, body)
      : request<unknown>("PUT", `${path}/${encodeURIComponent(id)}`, body);

function usePut<Body>(mutationFn: (put: Put<Body>) => Promise<unknown>, key: readonly string[]) {
  const cache = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => cache.invalidateQueries({ queryKey: key }) });
}

function useRemove(path: string, key: readonly string[]) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", `${path}/${encodeURIComponent(id)}`),
    onSuccess: () => cache.invalidateQueries({ queryKey: key }),
  });
}

const putScene = putter<SceneBody>("/scenes");
const putSchedule = putter<ScheduleBody>("/schedules");
const putLoadLimit = putter<LoadLimitBody>("/load-limits");

export const usePutScene = () => usePut(putScene, keys.scenes);
export const useRemoveScene = () => useRemove("/scenes", keys.scenes);
export const usePutSchedule = () => usePut(putSchedule, keys.schedules);
export const useRemoveSchedule = () => useRemove("/schedules", keys.schedules);
export const usePutLoadLimit = () => usePut(putLoadLimit, keys.loadLimits);
export const useRemoveLoadLimit = () => useRemove("/load-limits", keys.loadLimits);

/** Resolves with how many outputs were set. */
export const useRunScene = () =>
  useMutation({
    mutationFn: (id: string) =>
      request<{ outputs: number }>("POST", `/scenes/${encodeURIComponent(id)}/run`, {}),
  });
