/** How a force device is described. Pure. */

import type { ForceDevice } from "@/api/lab";
import { formatNumber } from "@/lib/units";

type Channel = ForceDevice["channels"][number];

/** Whether its numbers are counts that nobody has turned into newtons. */
const isCounting = ({ calibration_id: id, unit }: Pick<Channel, "calibration_id" | "unit">): boolean =>
  id === null && unit !== "N";

export const isBare = ({ channels }: Pick<ForceDevice, "channels">): boolean => channels.some(isCounting);

type Sampling = Pick<
  ForceDevice,
  "connected" | "streaming" | "nominal_hz" | "jitter_us" | "gaps" | "longest_gap_ms" | "drift_ppm" | "seen_s"
>;

/** Rate, jitter, gaps and drift, as far as they are known. */
export function samplingWords(device: Sampling): string {
  if (!device.connected) return "Not connected.";
  if (device.nominal_hz === null)
    return device.streaming ? "Streaming." : "Connected; it streams when a session needs it.";
  const parts = [`${formatNumber(device.nominal_hz, 0)} samples/s`];
  if (device.jitter_us !== null) parts.push(`jitter ${formatNumber(device.jitter_us / 1000, 2)} ms`);
  if (device.drift_ppm !== null) parts.push(`clock drift ${formatNumber(device.drift_ppm, 0)} ppm`);
  parts.push(
    device.gaps === 0
      ? "no gaps"
      : `${device.gaps} gaps in ${formatNumber(device.seen_s, 0)} s, the longest ${formatNumber(device.longest_gap_ms ?? 0, 0)} ms`,
  );
  return `${parts.join(", ")}.`;
}

export function calibrationWords({ channels }: Pick<ForceDevice, "channels">): string {
  const bare = channels.filter(isCounting).map(({ key }) => key);
  if (channels.length === 0) return "It has not announced any channel.";
  if (channels.every(({ calibration_id: id, unit }) => id === null && unit === "N"))
    return `It measures newtons itself: ${channels.map(({ key }) => key).join(", ")}.`;
  if (bare.length === 0) return `Calibrated: ${channels.map(({ key }) => key).join(", ")}.`;
  return `Not calibrated: ${bare.join(", ")}. Until then its numbers are raw counts.`;
}
