import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { CreatedToken, NewToken, Token } from "./types";

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }) => request<Token[]>("GET", "/tokens", undefined, signal),
});

export function useCreateToken() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (token: NewToken) => request<CreatedToken>("POST", "/tokens", token),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useRevokeToken() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", `/tokens/${encodeURIComponent(id)}`),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.tokens }),
  });
}
