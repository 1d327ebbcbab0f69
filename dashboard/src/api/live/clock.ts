import { skipToken, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { keys } from "../keys";

/**
 * The server's time in ms, renewed every `everyMs`. Spans and ages are the server's: a phone whose clock is off must
 * still see the newest samples at the right edge.
 */
export function useServerNow(everyMs: number): number {
  const ahead =
    useQuery<number>({ queryKey: keys.clockAhead, queryFn: skipToken, staleTime: Infinity, gcTime: Infinity })
      .data ?? 0;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now + ahead;
}
