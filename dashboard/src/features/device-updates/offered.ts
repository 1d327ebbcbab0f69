/** What one device could be updated with. Pure. */

import type { Device, NewRollout, Release } from "@/api/types";
import { releaseKind, versionOf } from "@/lib/updates";

/** Newest first; of its kind, for its board if that is known, and not what it runs already. */
export function releasesFor(device: Device, releases: readonly Release[]): Release[] {
  const { board } = device.details;
  return releases.filter(
    ({ kind, boards, version, unusable }) =>
      unusable === null &&
      kind === releaseKind(device.dialect) &&
      (board === undefined || boards.includes(board)) &&
      version !== versionOf(device),
  );
}

// How each kind of device takes a release, in words for whoever is about to send one.
const HOW: Readonly<Record<string, string>> = {
  native:
    "The device fetches it, checks the signature itself and starts it on trial; if it is not well with it, it goes back by itself.",
  meter:
    "The device is told where its image is and fetches it. It does not go back by itself: an image that does not start needs hands at the device.",
  "home-control":
    "The server sends the image to the device, which restarts with it. It does not go back by itself: an image that does not start needs hands at the device.",
};

export const howWords = (dialect: string): string => HOW[dialect] ?? "";

/** A rollout of one device. */
export const bodyFor = (
  device: Device,
  release: Release,
  { healthyS, returnS, reason }: { healthyS: number; returnS: number; reason: string },
): NewRollout => ({
  release_id: release.id,
  devices: [device.id],
  waves: [1],
  error_threshold: 1,
  healthy_s: healthyS,
  offer_s: 3600,
  stall_s: 900,
  return_s: returnS,
  at_once: 1,
  sensors: true,
  downgrade_reason: reason,
});
