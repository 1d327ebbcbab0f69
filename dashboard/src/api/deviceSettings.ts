import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { upsertDevice, withoutDevice } from "./live/cache";
import type { AssignedUser, ChannelPatch, Device } from "./types";

export type DeviceRole = "viewer" | "operator";

const path = (id: string, verb: string) => `/devices/${encodeURIComponent(id)}${verb}`;

export function useChangeChannel() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...change }: ChannelPatch & { id: string }) =>
      request<Device>("PATCH", `/channels/${encodeURIComponent(id)}`, change),
    onSuccess: (device) => {
      cache.setQueryData(keys.device(device.id), device);
      cache.setQueryData<Device[]>(keys.devices, (devices) => devices && upsertDevice(devices, device));
    },
  });
}

/** Device `by` carries on as device `id`; `by` itself is gone afterwards. */
export function useReplaceDevice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, by }: { id: string; by: string }) =>
      request<Device>("POST", path(id, "/replace"), { by }),
    onSuccess: (device, { by }) => {
      cache.setQueryData(keys.device(device.id), device);
      cache.setQueryData<Device[]>(
        keys.devices,
        (devices) => devices && withoutDevice(upsertDevice(devices, device), by),
      );
      void cache.invalidateQueries({ queryKey: keys.histories });
    },
  });
}

/** The viewers who may see a device, and what they are on it. */
export const assignedQuery = (device: string) =>
  queryOptions({
    queryKey: keys.assigned(device),
    queryFn: ({ signal }) => request<AssignedUser[]>("GET", path(device, "/users"), undefined, signal),
  });

export function useShareDevice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ device, user, role }: { device: string; user: string; role: DeviceRole | null }) =>
      role !== null
        ? request<unknown>("POST", path(device, "/assign"), { user_id: user, role })
        : request<unknown>("DELETE", path(device, `/assign/${encodeURIComponent(user)}`)),
    onSettled: (_data, _error, { device }) => cache.invalidateQueries({ queryKey: keys.assigned(device) }),
  });
}
