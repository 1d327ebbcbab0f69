import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { meOf, type Welcome } from "./session";
import type { Acceptance, Session } from "./types";

/** The sessions of the signed-in person, newest first. */
export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }) => request<Session[]>("GET", "/auth/sessions", undefined, signal),
});

export function useEndSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", `/auth/sessions/${encodeURIComponent(id)}`),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.sessions }),
  });
}

/** Ends every other session of the person. */
export function useChangePassword() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (change: { old: string; new: string }) =>
      request<undefined>("POST", "/auth/password", change),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.sessions }),
  });
}

/** Becomes the invited person and is logged in. */
export function useAcceptInvitation() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (acceptance: Acceptance) => request<Welcome>("POST", "/invitations/accept", acceptance),
    onSuccess: (welcome) => {
      // Whoever was signed in here before is not any more.
      cache.clear();
      cache.setQueryData(keys.me, meOf(welcome));
    },
  });
}
