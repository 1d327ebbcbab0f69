/** Updates as people say them. Pure. */

/** Where one device is on its way to a release. */
export type Step =
  | "planned"
  | "offered"
  | "downloading"
  | "verifying"
  | "restarting"
  | "proving"
  | "confirmed"
  | "failed"
  | "cancelled";

const UNDER_WAY: readonly Step[] = ["offered", "downloading", "verifying", "restarting", "proving"];

/** The device knows of it, and it is not over. */
export const isUnderWay = (step: Step): boolean => UNDER_WAY.includes(step);

const WORDS: Readonly<Record<Step, string>> = {
  planned: "Waiting for its turn",
  offered: "Offered",
  downloading: "Downloading",
  verifying: "Checking the download",
  restarting: "Restarting",
  proving: "On the new version, being watched",
  confirmed: "Updated",
  failed: "Failed",
  cancelled: "Left as it was",
};

/** "Downloading, 40 %". `progress` from 0 to 1. */
export function stepWords(step: Step, progress?: number): string {
  return step === "downloading" && progress !== undefined
    ? `${WORDS[step]}, ${Math.floor(100 * progress)} %`
    : WORDS[step];
}

interface Known {
  dialect: string;
  details: Readonly<Record<string, string>>;
}

/** Which firmware runs, by the device's own word, else by what was installed from here (the server's domain/firmware.py). */
export const versionOf = ({ details }: Known): string | null =>
  details.firmware_version ?? details.firmware ?? null;

/** Devices of system 004 say nothing of themselves, and there is only one board they run on. */
export const boardOf = ({ dialect, details }: Known): string | null =>
  details.board ?? (dialect === "home-control" ? "m5core2" : null);

// What devices and the server say in a word (contract, "Releases"), and what it means.
const REASONS: Readonly<Record<string, string>> = {
  manifest: "the release was not what was announced",
  signature: "the device does not trust the signature",
  hash: "what arrived was damaged",
  size: "what arrived had the wrong size",
  board: "not made for this board",
  loader: "the device's loader is too old for it",
  downgrade: "the device does not go back to an older version",
  space: "there was no room for it",
  flash: "it could not be written",
  network: "the download was given up",
  health: "health check failed",
  tries: "the new version did not start",
  sensors: "sensors went silent",
  signal: "the signal got clearly worse",
  memory: "free memory got clearly less",
};
const WENT_BACK = new Set(["health", "tries"]);

/** A reason as `[what it comes to, its details]`. */
export function reasonParts(reason: string | null): readonly [what: string, detail: string] {
  const text = reason?.trim() ?? "";
  if (text === "") return ["no reason was given", ""];
  const [head = "", ...rest] = text.split(":");
  const known = REASONS[head.trim()];
  return known === undefined ? [text, ""] : [known, rest.join(":").trim()];
}

/** "health check failed: sensors did not answer; it is back on 1.0.0". */
export function reasonWords(reason: string | null, before: string | null = null): string {
  const [what, detail] = reasonParts(reason);
  const back =
    before !== null && WENT_BACK.has(reason?.split(":")[0] ?? "") ? `; it is back on ${before}` : "";
  return `${what}${detail === "" ? "" : `: ${detail}`}${back}`;
}

/** What kind of release a device takes, by what it speaks; null where it cannot be updated. */
export function releaseKind(dialect: string): "bundle" | "image" | null {
  if (dialect === "native") return "bundle";
  return dialect === "meter" || dialect === "home-control" ? "image" : null;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`;
