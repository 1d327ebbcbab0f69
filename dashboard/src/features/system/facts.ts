/** The server's own figures, whatever they are called: new ones appear without a change here. */

import type { SystemInfo } from "@/api/types";
import { humanise } from "@/lib/channels";
import { dateTime, duration } from "@/lib/time";
import { formatBytes } from "@/lib/units";

const DRAWN_ELSEWHERE = new Set([
  "version",
  "started_at",
  "newest_at",
  "notices",
  "ports",
  "room",
  "database",
  "clock",
  "counters",
]);

type Group = Readonly<Record<string, unknown>>;

export interface Part {
  title: string;
  content: Group;
}

const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const sectionsOf = (system: SystemInfo): Part[] =>
  Object.entries(system).flatMap(([name, content]) =>
    DRAWN_ELSEWHERE.has(name) || !isGroup(content) ? [] : [{ title: humanise(name), content }],
  );

// The unit is the end of the name, as everywhere in the API.
const SUFFIXES: readonly (readonly [suffix: string, say: (value: number) => string])[] = [
  ["bytes", formatBytes],
  ["_at", dateTime],
  ["now", dateTime],
  ["_ms", (ms) => (ms < 1000 ? `${ms.toLocaleString()} ms` : duration(ms))],
  ["_s", (s) => (s < 1 ? `${Math.round(s * 1000)} ms` : duration(s * 1000))],
];

function say(name: string, value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (typeof value !== "number") return JSON.stringify(value);
  const known = SUFFIXES.find(([suffix]) => name.endsWith(suffix));
  return known ? known[1](value) : value.toLocaleString();
}

const nameOf = (key: string): string => {
  const bare = key.replace(/_(bytes|ms|s|at)$/, "");
  return humanise(bare === "bytes" ? "size" : bare);
};

export const factsOf = (content: Group): [string, string][] =>
  Object.entries(content).flatMap(([key, value]): [string, string][] =>
    isGroup(value)
      ? factsOf(value).map(([inner, said]) => [`${nameOf(key)}: ${inner.toLowerCase()}`, said])
      : [[nameOf(key), say(key, value)]],
  );
