import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { isProblem, request } from "./client";
import { keys } from "./keys";
import type { SetupAnswers, User } from "./types";

/** The signed-in person, and the devices on which a viewer was made operator. */
export type Me = User & { operates?: readonly string[] };
export type Welcome = { user: User; operates: readonly string[] };

export const meOf = ({ user, operates }: Welcome): Me => ({ ...user, operates });

export const setupQuery = queryOptions({
  queryKey: keys.setup,
  queryFn: ({ signal }) => request<{ needed: boolean }>("GET", "/setup", undefined, signal),
  staleTime: Infinity,
});

/** The signed-in person, or null. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return meOf(await request<Welcome>("GET", "/auth/me", undefined, signal));
    } catch (error) {
      if (isProblem(error, 401)) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

export const useMe = (): Me | null => useQuery(meQuery).data ?? null;

export const useIsAdmin = (): boolean => useMe()?.role === "admin";

/** Whether the signed-in person may change things, or one device; the server decides again on each request. */
export const useMayOperate = (device?: string): boolean => {
  const me = useMe();
  if (me?.role === "operator" || me?.role === "admin") return true;
  return device !== undefined && (me?.operates?.includes(device) ?? false);
};

/** Forget what the last person saw; only who they were (nobody) and that the server is set up stays. */
export function forgetPerson(cache: QueryClient): void {
  const kept: readonly unknown[] = [keys.me[0], keys.setup[0]];
  cache.removeQueries({ predicate: ({ queryKey }) => !kept.includes(queryKey[0]) });
}

export function useLogin() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (credentials: { username: string; password: string }) =>
      request<Welcome>("POST", "/auth/login", credentials),
    onSuccess: (welcome) => cache.setQueryData(keys.me, meOf(welcome)),
  });
}

export function useSetup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (answers: SetupAnswers) => request<Welcome>("POST", "/setup", answers),
    onSuccess: (welcome) => {
      cache.setQueryData(keys.setup, { needed: false });
      cache.setQueryData(keys.me, meOf(welcome));
    },
  });
}

export function useLogout() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => request<undefined>("POST", "/auth/logout"),
    onSuccess: () => cache.setQueryData(keys.me, null),
  });
}
