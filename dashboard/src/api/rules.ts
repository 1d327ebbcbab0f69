import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import { upsert } from "./live/cache";
import type { Rule, RuleBody, RulePatch, RulePreview } from "./types";

export const rulesQuery = queryOptions({
  queryKey: keys.rules,
  queryFn: ({ signal }) => request<Rule[]>("GET", "/rules", undefined, signal),
});

const path = (id: string) => `/rules/${encodeURIComponent(id)}`;

/** What a rule would have done in the last `spanMs`; null asks nothing. */
export const rulePreviewQuery = (rule: RuleBody | null, spanMs: number) =>
  queryOptions({
    queryKey: keys.rulePreview(JSON.stringify(rule), spanMs),
    queryFn: ({ signal }) => {
      // Whole seconds behind now: what is on its way does not count yet.
      const to = Date.now();
      return request<RulePreview>("POST", "/rules/preview", { rule, from: to - spanMs, to }, signal);
    },
    enabled: rule !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });

function useStoreRule() {
  const cache = useQueryClient();
  return (rule: Rule) => cache.setQueryData<Rule[]>(keys.rules, (rules) => rules && upsert(rules, rule));
}

export function useAddRule() {
  const store = useStoreRule();
  return useMutation({
    mutationFn: (body: RuleBody) => request<Rule>("POST", "/rules", body),
    onSuccess: store,
  });
}

export function useChangeRule() {
  const store = useStoreRule();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: RulePatch }) =>
      request<Rule>("PATCH", path(id), change),
    onSuccess: store,
  });
}

/** A rule that is there from the start becomes again what it was; another one is gone. */
export function useRemoveRule() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", path(id)),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: keys.openAlerts });
      return cache.invalidateQueries({ queryKey: keys.rules });
    },
  });
}
