/** Failures by their reason. Pure. */

import type { Installation } from "@/api/types";
import { reasonParts } from "@/lib/updates";

export interface Failure {
  what: string;
  count: number;
  devices: string[];
  /** What the devices said beyond that, the most frequent first. */
  details: { text: string; count: number }[];
}

/** The most frequent first. */
export function failuresOf(installations: readonly Installation[]): Failure[] {
  const groups = new Map<string, Failure>();
  for (const { state, reason, device_id: device } of installations) {
    if (state !== "failed") continue;
    const [what, text] = reasonParts(reason);
    const group = groups.get(what) ?? { what, count: 0, devices: [], details: [] };
    groups.set(what, group);
    group.count += 1;
    group.devices.push(device);
    if (text === "") continue;
    const detail = group.details.find((one) => one.text === text);
    if (detail === undefined) group.details.push({ text, count: 1 });
    else detail.count += 1;
  }
  const found = [...groups.values()];
  for (const group of found) group.details.sort((a, b) => b.count - a.count);
  return found.sort((a, b) => b.count - a.count);
}

const MOST_DETAILS = 3;

/** "12 × health check failed: sensors did not answer (10), no uplink (2)". */
export function failureWords({ what, count, details }: Failure): string {
  const shown = details
    .slice(0, MOST_DETAILS)
    .map((one) => (one.count === count ? one.text : `${one.text} (${one.count})`));
  if (details.length > MOST_DETAILS) shown.push("…");
  return `${count} × ${what}${shown.length > 0 ? `: ${shown.join(", ")}` : ""}`;
}
