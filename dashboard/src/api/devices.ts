import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { upsertDevice, withoutDevice } from "./live/cache";
import type { AddedDevice, Device, DevicePage } from "./types";

const PAGE_SIZE = 200;

async function everyDevice(signal: AbortSignal): Promise<Device[]> {
  const devices: Device[] = [];
  let after: string | null | undefined;
  do {
    const place = after ? `&after=${encodeURIComponent(after)}` : "";
    const page = await request<DevicePage>("GET", `/devices?limit=${PAGE_SIZE}${place}`, undefined, signal);
    devices.push(...page.items);
    after = page.next;
  } while (after);
  return devices;
}

export const devicesQuery = queryOptions({
  queryKey: keys.devices,
  queryFn: ({ signal }) => everyDevice(signal),
});

export const deviceQuery = (id: string) =>
  queryOptions({
    queryKey: keys.device(id),
    queryFn: ({ signal }) => request<Device>("GET", path(id), undefined, signal),
  });

const path = (id: string, verb = "") => `/devices/${encodeURIComponent(id)}${verb}`;

/** Puts a device the server just answered with where every page sees it. */
function useStoreDevice() {
  const cache = useQueryClient();
  return (device: Device) => {
    cache.setQueryData<Device[]>(keys.devices, (devices) => devices && upsertDevice(devices, device));
    cache.setQueryData(keys.device(device.id), device);
  };
}

export function useAddDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: (device: { serial: string; name?: string }) =>
      request<AddedDevice>("POST", "/devices", device),
    onSuccess: ({ device }) => store(device),
  });
}

/** A device of system 004, which is asked at `address` and needs no token. */
export function useAddHome() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: (home: { serial: string; name?: string; address: string }) =>
      request<AddedDevice>("POST", "/devices", { ...home, dialect: "home-control" }),
    onSuccess: ({ device }) => store(device),
  });
}

export function useClaimDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name?: string }) =>
      request<Device>("POST", path(id, "/claim"), name ? { name } : {}),
    onSuccess: store,
  });
}

/** Undo of claim and refuse. */
export function useUnclaimDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: (id: string) => request<Device>("POST", path(id, "/unclaim")),
    onSuccess: store,
  });
}

export function useRefuseDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: (id: string) => request<Device>("POST", path(id, "/refuse")),
    onSuccess: store,
  });
}

export function useRenameDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) => request<Device>("PATCH", path(id), { name }),
    onSuccess: store,
  });
}

/** Which groups a device is in from now on. */
export function useRegroupDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: ({ id, groups }: { id: string; groups: string[] }) =>
      request<Device>("PATCH", path(id), { groups }),
    onSuccess: store,
  });
}

export const useRotateToken = () =>
  useMutation({ mutationFn: (id: string) => request<{ token: string }>("POST", path(id, "/rotate-token")) });

/** Undo of delete, for as long as the server keeps what was deleted. */
export function useRestoreDevice() {
  const store = useStoreDevice();
  return useMutation({
    mutationFn: (id: string) => request<Device>("POST", path(id, "/restore")),
    onSuccess: store,
  });
}

export function useDeleteDevice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", path(id)),
    onSuccess: (_, id) => {
      cache.setQueryData<Device[]>(keys.devices, (devices) => devices && withoutDevice(devices, id));
      cache.removeQueries({ queryKey: keys.device(id) });
    },
  });
}
