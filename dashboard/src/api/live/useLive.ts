import { hashKey, skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";

import { keys } from "../keys";
import { feed } from "./cache";
import type { Value, Values } from "./frames";
import { type Link, START } from "./link";
import { LiveSocket } from "./socket";

const address = (): string =>
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`;

/** Keeps the live connection for as long as the component is on the page. */
export function useLiveConnection(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const socket = new LiveSocket(address(), {
      onFrame: (frame) => feed(cache, frame),
      onLink: (link) => {
        const before = cache.getQueryData<Link>(keys.link);
        cache.setQueryData(keys.link, link);
        // What happened while nobody listened is in the history, not in the next frame.
        if (before?.state === "lost" && link.state === "live") {
          void cache.invalidateQueries({ queryKey: keys.histories });
        }
      },
      onUnauthenticated: () => cache.setQueryData(keys.me, null),
    });
    socket.open();
    window.addEventListener("online", socket.open);
    return () => {
      window.removeEventListener("online", socket.open);
      socket.close();
      cache.setQueryData(keys.link, START);
    };
  }, [cache]);
}

/** State that only the socket writes: never fetched, never thrown away. */
const written = { queryFn: skipToken, staleTime: Infinity, gcTime: Infinity } as const;

export const useLink = (): Link => useQuery<Link>({ queryKey: keys.link, ...written }).data ?? START;

/** The newest value of one channel; the component is drawn again only when this one changes. */
export function useLiveValue(channel: string): Value | undefined {
  return useQuery({ queryKey: keys.values, ...written, select: (values: Values) => values[channel] }).data;
}

/** The newest values of these channels. */
export function useLiveValues(channels: readonly string[]): Values {
  const select = (values: Values): Values =>
    Object.fromEntries(
      channels.flatMap((id) => {
        const value = values[id];
        return value === undefined ? [] : [[id, value] as const];
      }),
    );
  return useQuery({ queryKey: keys.values, ...written, select }).data ?? {};
}

/** The newest instant among these channels. */
export function useNewest(channels: readonly string[]): number | null {
  const select = (values: Values) => Math.max(...channels.map((id) => values[id]?.[0] ?? -Infinity));
  const newest = useQuery({ queryKey: keys.values, ...written, select }).data;
  return newest === undefined || newest === -Infinity ? null : newest;
}

const VALUES = hashKey(keys.values);

/** Calls back with each change of the newest values. */
export function useEachValues(callback: (values: Values) => void): void {
  const cache = useQueryClient();
  const call = useEffectEvent(callback);
  useEffect(
    () =>
      cache.getQueryCache().subscribe(({ type, query }) => {
        if (type === "updated" && query.queryHash === VALUES) call(query.state.data as Values);
      }),
    [cache],
  );
}
