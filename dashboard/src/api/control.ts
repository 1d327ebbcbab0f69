import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { upsertCommand } from "./live/cache";
import type { Command, LogLine, Shadow } from "./types";

const path = (device: string, rest: string) => `/devices/${encodeURIComponent(device)}${rest}`;

export const shadowQuery = (device: string) =>
  queryOptions({
    queryKey: keys.shadow(device),
    queryFn: ({ signal }) => request<Shadow>("GET", path(device, "/shadow"), undefined, signal),
  });

/** Newest first. */
export const commandsQuery = (device: string) =>
  queryOptions({
    queryKey: keys.commands(device),
    queryFn: ({ signal }) => request<Command[]>("GET", path(device, "/commands?limit=50"), undefined, signal),
    // A frame that came while the list was on its way is made up for.
    refetchInterval: 30_000,
  });

/** Oldest first. */
export const deviceLogQuery = (device: string) =>
  queryOptions({
    queryKey: keys.deviceLog(device),
    queryFn: ({ signal }) => request<LogLine[]>("GET", path(device, "/log"), undefined, signal),
  });

/** Where a device of system 004 is reached. */
export const addressQuery = (device: string) =>
  queryOptions({
    queryKey: keys.address(device),
    queryFn: ({ signal }) => request<{ address: string }>("GET", path(device, "/address"), undefined, signal),
  });

export interface Order {
  device: string;
  name: string;
  args: Record<string, unknown>;
  ttl_s?: number;
  reason?: string;
}

export function useIssueCommand() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ device, ...order }: Order) => request<Command>("POST", path(device, "/commands"), order),
    onSuccess: (command, { device }) =>
      // Frames about it may have come before the answer; they know more.
      cache.setQueryData<Command[]>(keys.commands(device), (commands) =>
        commands === undefined || commands.some(({ id }) => id === command.id)
          ? commands
          : upsertCommand(commands, command),
      ),
  });
}

export function useMoveDevice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ device, address }: { device: string; address: string }) =>
      request<{ address: string }>("PATCH", path(device, "/address"), { address }),
    onSuccess: (answer, { device }) => cache.setQueryData(keys.address(device), answer),
  });
}

/** Reads a variable of a device of system 004, or sets it; passwords are among them, so nothing is kept. */
export const useVariable = () =>
  useMutation({
    gcTime: 0,
    mutationFn: ({ device, name, value }: { device: string; name: string; value?: string }) => {
      const place = path(device, `/variables/${encodeURIComponent(name)}`);
      return value === undefined
        ? request<{ value: string }>("GET", place)
        : request<{ value: string }>("PUT", place, { value });
    },
  });
