/** What stands in the way of a trustworthy trial, in words. Pure. */

import type { ForceDevice, RecordingDetail, Trial } from "@/api/lab";
import { lasting } from "@/lib/force";

export interface Obstacle {
  level: "error" | "warning";
  text: string;
}

export const devicesOf = ({ channels }: Pick<RecordingDetail, "channels">, devices: readonly ForceDevice[]) =>
  devices.filter((device) => device.channels.some(({ id }) => channels.includes(id)));

/** A trial that is armed or runs, whoever started it; `ended`: one that is over, whatever is said of it. */
export const openTrial = (trials: readonly Trial[], ended: string | null = null): Trial | undefined =>
  trials.find(({ id, state }) => id !== ended && (state === "armed" || state === "running"));

/** What the open trial says of the server's disk: as long as it takes nothing, and once it does again. */
export const storageTroubles = (trial: Pick<Trial, "missing"> | undefined): Obstacle[] =>
  (trial?.missing ?? [])
    .filter(({ kind, end, start }) => kind === "storage" && end !== start)
    .map(({ start, end, detail }) =>
      end === null
        ? {
            level: "error",
            text: `Nothing can be stored at the moment: ${detail}. Make room on the server. What comes is held back for as long as it can be, and stored once there is room.`,
          }
        : {
            level: "warning",
            text: `For ${lasting(end - start)} nothing could be stored: ${detail}. Now it can be again; the trial will say whether anything of it is missing.`,
          },
    );

const SILENT_MS = 1_500;

/** `silentMs`: how long nothing came; null before anything did. */
export function obstacles(
  devices: readonly ForceDevice[],
  channels: readonly string[],
  silentMs: number | null,
  link: string,
): Obstacle[] {
  const found: Obstacle[] = [];
  for (const { name, connected } of devices)
    if (!connected)
      found.push({
        level: "error",
        text: `${name} is not connected. Check its power and its Wi-Fi; it comes back by itself.`,
      });
  if (devices.length === 0)
    found.push({ level: "error", text: "The device of this session is not known any more." });
  if (link === "lost" || link === "refused")
    found.push({ level: "error", text: "The live view is lost. What the device sends is still recorded." });
  else if (found.length === 0 && silentMs !== null && silentMs > SILENT_MS)
    found.push({
      level: "error",
      text: `Nothing came for ${Math.round(silentMs / 1000)} s, although the device is connected.`,
    });
  const bare = devices.flatMap((device) =>
    device.channels.filter(
      ({ id, calibration_id, unit }) => channels.includes(id) && calibration_id === null && unit !== "N",
    ),
  );
  if (bare.length > 0)
    found.push({
      level: "warning",
      text: `${bare.map(({ key }) => key).join(" and ")} ${bare.length === 1 ? "is" : "are"} not calibrated: the numbers are raw counts, not newtons.`,
    });
  return found;
}
