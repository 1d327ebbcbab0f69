/** Who runs what, and who is behind. Pure. */

import type { Device, Release } from "@/api/types";
import { boardOf, releaseKind, versionOf } from "@/lib/updates";
import { compareVersions, isDowngrade } from "@/lib/version";

export interface Member {
  device: Device;
  board: string | null;
  version: string | null;
  /** The newest stable version for its board, if it runs something older; null when it is up to date or nobody knows. */
  behind: string | null;
}

/** Which of two releases a device would rather have: the higher version; without an order, the one that came later. */
const newer = (a: Release, b: Release): Release =>
  (compareVersions(a.version, b.version) ?? Number(a.id) - Number(b.id)) > 0 ? a : b;

function newestFor(device: Device, releases: readonly Release[]): Release | null {
  const board = boardOf(device);
  const fitting = releases.filter(
    ({ kind, boards, channel, unusable }) =>
      kind === releaseKind(device.dialect) &&
      channel === "stable" &&
      unusable === null &&
      board !== null &&
      boards.includes(board),
  );
  return fitting.length === 0 ? null : fitting.reduce(newer);
}

/** Those that can be updated at all, or say which version they run. */
export function fleetOf(devices: readonly Device[], releases: readonly Release[]): Member[] {
  return devices
    .filter(
      ({ state, dialect, details }) =>
        state === "claimed" && (releaseKind(dialect) !== null || details.firmware),
    )
    .map((device) => {
      const version = versionOf(device);
      const newest = newestFor(device, releases)?.version ?? null;
      const isBehind =
        newest !== null && version !== null && version !== newest && !isDowngrade(version, newest);
      return { device, board: boardOf(device), version, behind: isBehind ? newest : null };
    });
}

export interface VersionGroup {
  version: string | null;
  count: number;
  behind: number;
}

/** How many run which version: the newest first, what has no order by its name, the unknown last. */
export function versionsOf(members: readonly Member[]): VersionGroup[] {
  const groups = new Map<string | null, VersionGroup>();
  for (const { version, behind } of members) {
    const group = groups.get(version) ?? { version, count: 0, behind: 0 };
    groups.set(version, group);
    group.count += 1;
    if (behind !== null) group.behind += 1;
  }
  return [...groups.values()].sort(({ version: a }, { version: b }) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return compareVersions(b, a) ?? (a < b ? 1 : -1);
  });
}
