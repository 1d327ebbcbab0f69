import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";

import { Trouble } from "./Trouble";

interface AwaitProps<T> {
  query: { data: T | undefined; error: Error | null; refetch: () => unknown };
  /** What is loaded, with its article: "the users". */
  what: string;
  children: (data: T) => ReactNode;
}

/** What a query brought; while it is on its way its place, and when it failed the reason and a way to try again. */
export function Await<T>({ query, what, children }: AwaitProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) {
    const title = `${what.charAt(0).toUpperCase()}${what.slice(1)} could not be loaded`;
    return <Trouble title={title} error={query.error} onRetry={() => void query.refetch()} />;
  }
  return (
    <Stack gap="sm" role="status" aria-busy="true" aria-label={`Loading ${what}`}>
      <Skeleton h={22} w="40%" />
      <Skeleton h={22} />
      <Skeleton h={22} w="80%" />
    </Stack>
  );
}
