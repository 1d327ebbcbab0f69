/** A notification target while somebody sets it up, and as the server takes it. */

import type { NewTarget, Severity, Target, TargetKinds, TargetPatch, TargetSetting } from "@/api/types";

/** What people choose between; ntfy is one of the many things that Apprise reaches. */
export type Way = "ntfy" | (string & {});

export interface Ntfy {
  server: string;
  topic: string;
  secure: boolean;
  token: string;
}

export interface Draft {
  name: string;
  way: Way;
  config: Readonly<Record<string, string | boolean>>;
  ntfy: Ntfy;
  /** A new secret for the signature of a webhook is made. */
  sign: boolean;
  severity: Severity;
  /** Minutes, as typed; "0" for each at once. */
  digest: string;
  quiet: { start: string; end: string } | null;
  escalation: boolean;
  cleared: boolean;
}

const NIGHT = { start: "22:00", end: "07:00" };
export const usualQuiet = () => NIGHT;

const kindOf = (way: Way): string => (way === "ntfy" ? "apprise" : way);

export const settingsOf = (kinds: TargetKinds, way: Way): readonly TargetSetting[] =>
  kinds.kinds.find(({ name }) => name === kindOf(way))?.settings ?? [];

const blankConfig = (settings: readonly TargetSetting[]): Draft["config"] =>
  Object.fromEntries(
    settings.map(({ name, kind, default: value }) => [
      name,
      kind === "switch" ? value === true : value === null ? "" : String(value),
    ]),
  );

export const newDraft = (kinds: TargetKinds, way: Way): Draft => ({
  name: "",
  way,
  config: blankConfig(settingsOf(kinds, way)),
  ntfy: { server: "", topic: "", secure: false, token: "" },
  sign: way === "webhook",
  severity: "info",
  digest: "0",
  quiet: null,
  escalation: false,
  cleared: true,
});

export const draftOf = (target: Target, kinds: TargetKinds): Draft => ({
  ...newDraft(kinds, target.kind),
  name: target.name,
  config: {
    ...blankConfig(settingsOf(kinds, target.kind)),
    ...Object.fromEntries(
      Object.entries(target.config).map(([name, value]) => [
        name,
        typeof value === "boolean" ? value : value === null ? "" : String(value),
      ]),
    ),
  },
  sign: false,
  severity: target.min_severity,
  digest: String(target.digest_min),
  quiet: target.quiet,
  escalation: target.escalation,
  cleared: target.cleared,
});

/** "ntfy://nas.local:8080/home"; with a token it goes in front of the server. */
export function ntfyUrl({ server, topic, secure, token }: Ntfy): string {
  const host = server
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/\/+$/, "");
  const key = token.trim() === "" ? "" : `${encodeURIComponent(token.trim())}@`;
  return `${secure ? "ntfys" : "ntfy"}://${key}${host}/${encodeURIComponent(topic.trim())}`;
}

/** 32 random bytes as text, for whoever checks the signature of a webhook. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The secret that is set by hand nowhere in the form. */
const MADE = "secret";

function configBody(
  draft: Draft,
  kinds: TargetKinds,
  secret: string | null,
  kept: boolean,
): NewTarget["config"] {
  if (draft.way === "ntfy") return { url: ntfyUrl(draft.ntfy) };
  const config: Record<string, string | number | boolean | null> = {};
  for (const { name, kind, secret: hidden } of settingsOf(kinds, draft.way)) {
    if (draft.way === "webhook" && name === MADE) continue;
    const value = draft.config[name] ?? "";
    // A secret that is not given anew stays; anything else that is empty goes.
    if (value === "" && hidden && kept) continue;
    config[name] = kind === "number" && value !== "" ? Number(value) : value === "" ? null : value;
  }
  if (secret !== null) config[MADE] = secret;
  return config;
}

const rest = (draft: Draft) => ({
  name: draft.name.trim(),
  min_severity: draft.severity,
  digest_min: Math.round(Number(draft.digest)),
  quiet: draft.quiet,
  escalation: draft.escalation,
  cleared: draft.cleared,
});

export const targetBody = (draft: Draft, kinds: TargetKinds, secret: string | null): NewTarget => ({
  ...rest(draft),
  kind: kindOf(draft.way),
  config: configBody(draft, kinds, secret, false),
  enabled: true,
});

export const targetPatch = (draft: Draft, kinds: TargetKinds, secret: string | null): TargetPatch => ({
  ...rest(draft),
  config: configBody(draft, kinds, secret, true),
});

const LONGEST_DIGEST = 1440;

/** What is still missing, or null. `set`: names of secrets that are there already. */
export function faultOf(draft: Draft, kinds: TargetKinds, set: readonly string[] = []): string | null {
  if (draft.name.trim() === "") return "Give it a name.";
  const digest = Number(draft.digest);
  if (draft.digest.trim() === "" || !(digest >= 0 && digest <= LONGEST_DIGEST))
    return `Collect for 0 to ${LONGEST_DIGEST} minutes.`;
  if (draft.quiet !== null && (draft.quiet.start === "" || draft.quiet.end === ""))
    return "Say from when to when it is quiet.";
  if (draft.way === "ntfy") {
    if (draft.ntfy.server.trim() === "") return "Say where the ntfy server is.";
    return draft.ntfy.topic.trim() === "" ? "Say which topic." : null;
  }
  const missing = settingsOf(kinds, draft.way).find(
    ({ name, required, secret }) => required && draft.config[name] === "" && !(secret && set.includes(name)),
  );
  return missing === undefined ? null : `${missing.label.replace(/ \(.*\)$/, "")} is missing.`;
}

export interface Preset {
  label: string;
  config: { host: string; port: string; security: string };
  help: string;
}

/** Mail servers that many have; what each wants to be told. */
export const MAIL_PRESETS: readonly Preset[] = [
  {
    label: "My own mail server",
    config: { host: "", port: "", security: "starttls" },
    help: "Ask whoever runs it for its name. 587 with STARTTLS is usual.",
  },
  {
    label: "In my own network, without a log-in",
    config: { host: "", port: "25", security: "none" },
    help: "A relay beside this server needs no more than its name.",
  },
  {
    label: "Gmail",
    config: { host: "smtp.gmail.com", port: "587", security: "starttls" },
    help: "User name is your address. It takes an app password, not the one you log in with.",
  },
  {
    label: "iCloud Mail",
    config: { host: "smtp.mail.me.com", port: "587", security: "starttls" },
    help: "User name is your iCloud address. It takes an app-specific password.",
  },
  {
    label: "Fastmail",
    config: { host: "smtp.fastmail.com", port: "465", security: "tls" },
    help: "User name is your address. It takes an app password.",
  },
];
