import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { isUnderWay } from "@/lib/updates";

import { download, request } from "./client";
import { keys } from "./keys";
import type {
  Installation,
  InstallationEvent,
  NewReleaseKey,
  NewRollout,
  Release,
  ReleaseKey,
  ReleasePatch,
  Rollout,
  RolloutSummary,
} from "./types";
import { upload } from "./upload";

// The server looks at devices once a second; more often there is nothing new to see.
const LIVE_MS = 1_000;
const STILL_MS = 30_000;

const at = (id: string, rest = "") => `/rollouts/${encodeURIComponent(id)}${rest}`;
const release = (id: string) => `/releases/${encodeURIComponent(id)}`;

/** Newest first. */
export const releasesQuery = queryOptions({
  queryKey: keys.releases,
  queryFn: ({ signal }) => request<Release[]>("GET", "/releases", undefined, signal),
});

/** The file of a vendor's image. */
export const releaseFile = (id: string) => download(`${release(id)}/content`);

export const releaseKeysQuery = queryOptions({
  queryKey: keys.releaseKeys,
  queryFn: ({ signal }) => request<ReleaseKey[]>("GET", "/release-keys", undefined, signal),
});

const moves = ({ state }: RolloutSummary): boolean => state === "running" || state === "paused";

/** Newest first. */
export const rolloutsQuery = queryOptions({
  queryKey: keys.rollouts,
  queryFn: ({ signal }) => request<RolloutSummary[]>("GET", "/rollouts", undefined, signal),
  refetchInterval: ({ state }) => (state.data?.some(moves) ? 2 * LIVE_MS : STILL_MS),
});

/** Asked again and again while something of it is under way. */
export const rolloutQuery = (id: string) =>
  queryOptions({
    queryKey: keys.rollout(id),
    queryFn: ({ signal }) => request<Rollout>("GET", at(id), undefined, signal),
    refetchInterval: ({ state: { data } }) =>
      data && (moves(data) || data.installations.some(({ state }) => isUnderWay(state))) ? LIVE_MS : STILL_MS,
  });

/** What happened to one device, oldest first. `open`: more may still happen. */
export const installationQuery = (rollout: string, device: string, open: boolean) =>
  queryOptions({
    queryKey: keys.installation(rollout, device),
    queryFn: ({ signal }) =>
      request<InstallationEvent[]>(
        "GET",
        at(rollout, `/installations/${encodeURIComponent(device)}`),
        undefined,
        signal,
      ),
    refetchInterval: open ? LIVE_MS : false,
  });

/** What was ever brought to one device, newest first. */
export const installationsQuery = (device: string) =>
  queryOptions({
    queryKey: keys.installations(device),
    queryFn: ({ signal }) =>
      request<Installation[]>(
        "GET",
        `/devices/${encodeURIComponent(device)}/installations`,
        undefined,
        signal,
      ),
    refetchInterval: ({ state }) =>
      state.data?.some((one) => isUnderWay(one.state) || one.state === "planned") ? LIVE_MS : STILL_MS,
  });

export interface NewRelease {
  file: File;
  kind: Release["kind"];
  channel: Release["channel"];
  notes: string;
  /** Of a vendor's image, which does not say it itself. */
  boards: string;
  version: string;
}

function formOf({ file, kind, channel, notes, boards, version }: NewRelease): FormData {
  const form = new FormData();
  form.set("channel", channel);
  form.set("notes", notes);
  if (kind === "image") {
    form.set("board", boards);
    form.set("version", version);
  }
  form.set(kind, file, file.name);
  return form;
}

/** `onShare`: how much of the file is on its way, 0 to 1. */
export function useAddRelease(onShare: (share: number) => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (made: NewRelease) => upload<Release>("/releases", formOf(made), onShare),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.releases }),
  });
}

export function useChangeRelease() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...patch }: ReleasePatch & { id: string }) =>
      request<Release>("PATCH", release(id), patch),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.releases }),
  });
}

export function useWithdrawRelease() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", release(id)),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: keys.releases });
      void cache.invalidateQueries({ queryKey: keys.rollouts });
    },
  });
}

export function useTrustKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (key: NewReleaseKey) => request<ReleaseKey>("POST", "/release-keys", key),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.releaseKeys }),
  });
}

export function useRevokeKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<ReleaseKey>("DELETE", `/release-keys/${encodeURIComponent(id)}`),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: keys.releaseKeys });
      void cache.invalidateQueries({ queryKey: keys.releases });
      void cache.invalidateQueries({ queryKey: keys.rollouts });
    },
  });
}

export function useStartRollout() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewRollout) => request<Rollout>("POST", "/rollouts", body),
    onSuccess: async (made) => {
      cache.setQueryData(keys.rollout(made.id), made);
      await cache.invalidateQueries({ queryKey: keys.rollouts });
    },
  });
}

export type Verb = "pause" | "resume" | "stop" | "rollback";

export function useSteerRollout(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (verb: Verb) => request<Rollout>("POST", at(id, `/${verb}`)),
    onSuccess: (rollout) => {
      cache.setQueryData(keys.rollout(id), rollout);
      void cache.invalidateQueries({ queryKey: keys.rollouts, refetchType: "active" });
    },
  });
}
