import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { type OutputNews, upsert, withNews } from "./live/cache";
import type { Link } from "./live/link";
import type { Level, NewOutput, Output, OutputOptions, Room, User } from "./types";

export const roomsQuery = queryOptions({
  queryKey: keys.rooms,
  queryFn: ({ signal }) => request<Room[]>("GET", "/rooms", undefined, signal),
});

export const outputsQuery = queryOptions({
  queryKey: keys.outputs,
  queryFn: async ({ signal, client }) => {
    client.setQueryData<OutputNews>(keys.outputNews, []);
    const outputs = await request<Output[]>("GET", "/outputs", undefined, signal);
    return withNews(outputs, client.getQueryData<OutputNews>(keys.outputNews) ?? []);
  },
});

const roomPath = (id: string) => `/rooms/${encodeURIComponent(id)}`;
const outputPath = (id: string) => `/outputs/${encodeURIComponent(id)}`;

export interface Switching {
  output: Output;
  state: Level;
  /** Seconds after which it goes back. */
  forS?: number;
  reason?: string;
}

/** What is shown until the server says more: as wished, and not confirmed by anything. */
export const optimistic = (output: Output, state: Level, by: string, now: number): Output => ({
  ...output,
  desired: state,
  confirmed: false,
  changed_by: by,
  changed_at: now,
  reason: "",
  doubt: "",
  until_at: null,
  then: null,
});

const put = (cache: QueryClient, output: Output) =>
  cache.setQueryData<Output[]>(keys.outputs, (outputs) => outputs && upsert(outputs, output));

/** Switches at once in the cache; what really became of it comes with the live frames. */
export function useSwitchOutput() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ output, state, forS, reason }: Switching) =>
      request<Output>("PUT", outputPath(output.id), {
        state,
        ...(forS === undefined ? {} : { for_s: forS }),
        ...(reason ? { reason } : {}),
      }),
    onMutate: ({ output, state }) => {
      const by = cache.getQueryData<User>(keys.me)?.username ?? "";
      const ahead = cache.getQueryData<number>(keys.clockAhead) ?? 0;
      put(cache, optimistic(output, state, by, Date.now() + ahead));
    },
    onSuccess: (output) => {
      // While the live view brings frames, the answer may be older than the last of them.
      if (cache.getQueryData<Link>(keys.link)?.state !== "live") put(cache, output);
    },
    onError: () => cache.invalidateQueries({ queryKey: keys.outputs }),
  });
}

export function useAddRoom() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => request<Room>("POST", "/rooms", { name }),
    onSuccess: (room) => cache.setQueryData<Room[]>(keys.rooms, (rooms) => rooms && upsert(rooms, room)),
  });
}

export function useRenameRoom() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: Room) => request<Room>("PATCH", roomPath(id), { name }),
    onSuccess: (room) => cache.setQueryData<Room[]>(keys.rooms, (rooms) => rooms && upsert(rooms, room)),
  });
}

export function useRemoveRoom() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", roomPath(id)),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.rooms }),
  });
}

export function useAddOutput() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (output: NewOutput) => request<Output>("POST", "/outputs", output),
    onSuccess: (output) => put(cache, output),
  });
}

export function useChangeOutput() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      ...change
    }: {
      id: string;
      name?: string;
      room_id?: string;
      options?: OutputOptions;
    }) => request<Output>("PATCH", outputPath(id), change),
    onSuccess: (output) => put(cache, output),
  });
}

export function useRemoveOutput() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", outputPath(id)),
    onSuccess: (_, id) => {
      cache.setQueryData<Output[]>(keys.outputs, (outputs) => outputs?.filter((output) => output.id !== id));
      return Promise.all([
        cache.invalidateQueries({ queryKey: keys.scenes }),
        cache.invalidateQueries({ queryKey: keys.schedules }),
      ]);
    },
  });
}
