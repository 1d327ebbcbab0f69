import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { CreatedInvitation, Invitation, NewInvitation, Role, User } from "./types";

export const usersQuery = queryOptions({
  queryKey: keys.users,
  queryFn: ({ signal }) => request<User[]>("GET", "/users", undefined, signal),
});

export const invitationsQuery = queryOptions({
  queryKey: keys.invitations,
  queryFn: ({ signal }) => request<Invitation[]>("GET", "/invitations", undefined, signal),
});

const userPath = (id: string) => `/users/${encodeURIComponent(id)}`;

export function useAddUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (user: { username: string; password: string; role: Role }) =>
      request<User>("POST", "/users", user),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.users }),
  });
}

/** Another role, or a new password, which ends every session of that person. */
export function useChangeUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...change }: { id: string; role?: Role; password?: string }) =>
      request<User>("PATCH", userPath(id), change),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: keys.users }),
        // Who changes their own role sees another dashboard from then on.
        cache.invalidateQueries({ queryKey: keys.me }),
      ]),
  });
}

export function useDeleteUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", userPath(id)),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.users }),
  });
}

export function useInvite() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (invitation: NewInvitation) => request<CreatedInvitation>("POST", "/invitations", invitation),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.invitations }),
  });
}

export function useWithdraw() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", `/invitations/${encodeURIComponent(id)}`),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.invitations }),
  });
}
