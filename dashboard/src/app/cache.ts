import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { isProblem, Problem } from "@/api/client";
import { keys } from "@/api/keys";

const RETRIES = 2;

/** The one cache of server state. A 401 on any request means that the session is over. */
export function createCache(): QueryClient {
  const endSession = (error: Error) => {
    if (isProblem(error, 401)) client.setQueryData(keys.me, null);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: endSession }),
    mutationCache: new MutationCache({ onError: endSession }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What the server refused once it refuses again; only silence and overload deserve another try.
        retry: (failures, error) =>
          failures < RETRIES && error instanceof Problem && (error.status === 0 || error.status >= 500),
      },
      mutations: { retry: false },
    },
  });
  return client;
}
