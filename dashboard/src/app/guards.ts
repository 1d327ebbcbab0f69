/** Who may see which page. The server decides again on every request; this only leads people to the right door. */

import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";

import { meQuery, setupQuery } from "@/api/session";

interface Visit {
  context: { cache: QueryClient };
  location: { href: string };
}

/** A server without users sends everyone to set-up first. */
async function leadToSetup(cache: QueryClient): Promise<void> {
  const { needed } = await cache.query({ ...setupQuery, staleTime: 0 });
  if (needed) throw redirect({ to: "/setup" });
}

export async function requirePerson({ context: { cache }, location }: Visit): Promise<void> {
  if ((await cache.query(meQuery)) !== null) return;
  await leadToSetup(cache);
  throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
}

/** For pages inside that only an admin can use; others are led to what they may see. */
export async function requireAdmin({ context: { cache } }: Visit): Promise<void> {
  if ((await cache.query(meQuery))?.role !== "admin") throw redirect({ to: "/" });
}

export async function requireOperator({ context: { cache } }: Visit): Promise<void> {
  if ((await cache.query(meQuery))?.role === "viewer") throw redirect({ to: "/" });
}

export async function onlySignedOut({ context: { cache } }: Visit): Promise<void> {
  if ((await cache.query(meQuery)) !== null) throw redirect({ to: "/" });
  await leadToSetup(cache);
}

export async function onlyBeforeSetup({ context: { cache } }: Visit): Promise<void> {
  const { needed } = await cache.query({ ...setupQuery, staleTime: 0 });
  if (!needed) throw redirect({ to: "/" });
}
