import { useState } from "react";

import { useEachValues } from "@/api/live/useLive";
import type { Values } from "@/api/live/frames";

type Point = readonly [t: number, value: number];
export type Tails = Readonly<Record<string, readonly Point[]>>;

// At ten frames a second this is more than any time between two renewals.
const LONGEST_TAIL = 4_000;

/** The points of these channels that arrived live, oldest first; what came before the page opened is history. */
export function useTail(channels: readonly string[]): Tails {
  const [tails, setTails] = useState<Tails>({});
  const collect = (values: Values) => {
    setTails((known) => {
      const news = channels.flatMap((id) => {
        const value = values[id];
        const tail = known[id] ?? [];
        return value !== undefined && value[0] > (tail.at(-1)?.[0] ?? -Infinity)
          ? [[id, [...tail, value].slice(-LONGEST_TAIL)] as const]
          : [];
      });
      return news.length === 0 ? known : { ...known, ...Object.fromEntries(news) };
    });
  };
  useEachValues(collect);
  return tails;
}
