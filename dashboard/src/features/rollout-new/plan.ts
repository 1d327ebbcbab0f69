/** Who would get a release, in which wave. The rules are the server's (domain/rollout.py), so what is shown begins. Pure. */

import type { Device, Release } from "@/api/types";
import { boardOf, releaseKind, versionOf } from "@/lib/updates";
import { isDowngrade } from "@/lib/version";

export type Choice = "all" | "group" | "board" | "version" | "named";

export interface Selection {
  choice: Choice;
  group: string;
  board: string;
  version: string;
  named: readonly string[];
}

/** The devices that could take it: its kind, and of no board that it is not for. */
export const candidates = (devices: readonly Device[], release: Release): Device[] =>
  devices.filter((device) => {
    const { board } = device.details;
    return (
      device.state === "claimed" &&
      releaseKind(device.dialect) === release.kind &&
      (board === undefined || release.boards.includes(board))
    );
  });

/** Those of the candidates that the selection means. Only who is named may be of an unknown board. */
export function selected(found: readonly Device[], release: Release, selection: Selection): Device[] {
  const { choice, group, board, version, named } = selection;
  if (choice === "named") return found.filter(({ id }) => named.includes(id));
  const needing = found.filter(
    (one) => release.boards.includes(boardOf(one) ?? "") && versionOf(one) !== release.version,
  );
  if (choice === "group") return needing.filter(({ groups }) => groups.includes(group));
  if (choice === "board") return needing.filter((one) => boardOf(one) === board);
  return choice === "version" ? needing.filter((one) => versionOf(one) === version) : needing;
}

/** One of each board, then the next of each: every board has its canary. */
export function canariesFirst(devices: readonly Device[]): Device[] {
  const boards = new Map<string, Device[]>();
  for (const device of devices) {
    const board = boardOf(device) ?? "";
    boards.set(board, [...(boards.get(board) ?? []), device]);
  }
  const queues = [...boards.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, queue]) => queue);
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat();
}

/** How many devices are in each wave; a wave that would be empty is left out. */
export function waveSizes(count: number, waves: readonly number[]): number[] {
  const bounds = waves.map((share) => Math.min(count, Math.ceil(Number((share * count).toFixed(6)))));
  return bounds.map((bound, n) => bound - (bounds[n - 1] ?? 0)).filter((size) => size > 0);
}

export interface Plan {
  /** In the order of their turn. */
  devices: Device[];
  waves: Device[][];
  /** They run something newer, and are left out unless there is a reason. */
  newer: Device[];
}

export function planOf(
  chosen: readonly Device[],
  release: Release,
  waves: readonly number[],
  force: boolean,
): Plan {
  const newer = chosen.filter((one) => isDowngrade(versionOf(one), release.version));
  const going = force ? chosen : chosen.filter((one) => !newer.includes(one));
  const devices = canariesFirst(going);
  let begin = 0;
  const cut = waveSizes(devices.length, waves).map((size) => devices.slice(begin, (begin += size)));
  return { devices, waves: cut, newer };
}

/** What there is of something among devices, sorted; without what is not known. */
export const distinct = (devices: readonly Device[], of: (device: Device) => string | null): string[] =>
  [...new Set(devices.map(of))].filter((value) => value !== null).sort();
