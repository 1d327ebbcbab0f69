/** What a token may do, in words; and whether a wish for one makes sense. */

import type { NewToken } from "@/api/types";

export const SCOPES = [
  {
    value: "read",
    label: "Read",
    says: "Look at every device, its history, energy and the server's metrics.",
  },
  { value: "write", label: "Set up devices", says: "Add, claim, rename and switch devices." },
  { value: "device", label: "Send as a device", says: "Deliver the values of one device, and nothing else." },
  { value: "mqtt", label: "MQTT", says: "Publish and subscribe under the topic filters below." },
  { value: "admin", label: "Everything", says: "All that an admin may do, people and tokens included." },
] as const;

export const scopeLabel = (scope: string): string =>
  SCOPES.find(({ value }) => value === scope)?.label ?? scope;

export interface Wish {
  name: string;
  scopes: readonly string[];
  device: string | null;
  /** One filter per line. */
  topics: string;
  /** Days from now; null = until revoked. */
  days: number | null;
}

export interface Faults {
  scopes?: string;
  device?: string;
  topics?: string;
}

const TOPIC_BYTES = 512;

const linesOf = (topics: string): string[] => [
  ...new Set(
    topics
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ),
];

/** "#" stands alone at the end of a filter, "+" alone in its level. */
export function isTopicFilter(filter: string): boolean {
  const levels = filter.split("/");
  return (
    new TextEncoder().encode(filter).length <= TOPIC_BYTES &&
    levels.every(
      (level, place) =>
        (!/[#+]/.test(level) || level.length === 1) && (level !== "#" || place === levels.length - 1),
    )
  );
}

/** What is wrong with the wish, per field; empty when nothing is. */
export function faultsOf({ scopes, device, topics }: Wish): Faults {
  const filters = linesOf(topics);
  const broken = filters.find((filter) => !isTopicFilter(filter));
  return {
    ...(scopes.length === 0 && { scopes: "Choose at least one thing the token may do." }),
    ...(scopes.includes("device") && device === null && { device: "Choose the device it speaks for." }),
    ...(scopes.includes("mqtt") &&
      filters.length === 0 && { topics: "Name at least one topic filter, such as home/#." }),
    ...(scopes.includes("mqtt") && broken !== undefined && { topics: `“${broken}” is not a topic filter.` }),
  };
}

const DAY_MS = 86_400_000;

/** The wish as the server takes it. Fields that go with a scope are left out when it is not chosen. */
export function bodyOf(wish: Wish, now: number): NewToken {
  return {
    name: wish.name.trim(),
    scopes: [...wish.scopes],
    device: wish.scopes.includes("device") ? wish.device : null,
    topics: wish.scopes.includes("mqtt") ? linesOf(wish.topics) : [],
    expires_at: wish.days === null ? null : now + wish.days * DAY_MS,
  };
}
