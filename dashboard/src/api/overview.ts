import { queryOptions } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { Overview } from "./types";

/** Energy of today beside yesterday and the same day of last week, over every device that one may see. */
export const overviewQuery = queryOptions({
  queryKey: keys.overview,
  queryFn: ({ signal }) => request<Overview>("GET", "/overview", undefined, signal),
  refetchInterval: 60_000,
});
