import { infiniteQueryOptions } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { AuditEntry } from "./types";

const PAGE_SIZE = 100;

/** What people changed, newest first, a page at a time. */
export const auditQuery = infiniteQueryOptions({
  queryKey: keys.audit,
  queryFn: ({ pageParam, signal }) => {
    const place = pageParam === null ? "" : `&before=${encodeURIComponent(pageParam)}`;
    return request<AuditEntry[]>("GET", `/audit?limit=${PAGE_SIZE}${place}`, undefined, signal);
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page) => (page.length < PAGE_SIZE ? null : (page.at(-1)?.id ?? null)),
});
