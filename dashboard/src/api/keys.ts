/** Where each piece of server state lives in the one query cache. The live socket writes to the same places. */
export const keys = {
  setup: ["setup"] as const,
  me: ["me"] as const,
  devices: ["devices"] as const,
  device: (id: string) => ["device", id] as const,
  /** Record of channel id → [t, value]: the newest value of every channel. */
  values: ["values"] as const,
  /** How the live socket is doing; see live/link.ts. */
  link: ["link"] as const,
  /** How far the server's clock is ahead of this one, ms. */
  clockAhead: ["clock-ahead"] as const,
  history: (channels: readonly string[], from: number, to: number, points: number) =>
    ["history", channels, from, to, points] as const,
  histories: ["history"] as const,
  overview: ["overview"] as const,
  sites: ["sites"] as const,
  system: ["system"] as const,
  users: ["users"] as const,
  invitations: ["invitations"] as const,
  sessions: ["sessions"] as const,
  tokens: ["tokens"] as const,
  audit: ["audit"] as const,
  mappings: ["mappings"] as const,
  unmatched: ["unmatched"] as const,
  imports: ["imports"] as const,
  importPreview: (job: string) => ["import-preview", job] as const,
  assigned: (device: string) => ["assigned", device] as const,
  rooms: ["rooms"] as const,
  outputs: ["outputs"] as const,
  /** What live frames said of outputs since the list was last asked for. */
  outputNews: ["output-news"] as const,
  scenes: ["scenes"] as const,
  schedules: ["schedules"] as const,
  /** `from`: the first day; empty for this week. */
  week: (from: string) => ["schedules", "week", from] as const,
  loadLimits: ["load-limits"] as const,
  shadow: (device: string) => ["shadow", device] as const,
  commands: (device: string) => ["commands", device] as const,
  deviceLog: (device: string) => ["device-log", device] as const,
  address: (device: string) => ["address", device] as const,
  /** Everything about alerts; each of the next three begins with it. */
  alerts: ["alerts"] as const,
  openAlerts: ["alerts", "open"] as const,
  alertHistory: (query: string) => ["alerts", "history", query] as const,
  alert: (id: string) => ["alerts", "one", id] as const,
  rules: ["rules"] as const,
  rulePreview: (body: string, span: number) => ["rule-preview", body, span] as const,
  targets: ["notification-targets"] as const,
  targetKinds: ["notification-targets", "kinds"] as const,
  targetNames: ["notification-targets", "names"] as const,
  notifications: ["notifications"] as const,
  releases: ["releases"] as const,
  releaseKeys: ["release-keys"] as const,
  /** Everything about rollouts; each of the next three begins with it. */
  rollouts: ["rollouts"] as const,
  rollout: (id: string) => ["rollouts", "one", id] as const,
  installation: (rollout: string, device: string) => ["rollouts", "one", rollout, device] as const,
  installations: (device: string) => ["rollouts", "of-device", device] as const,
  energy: (device: string, period: string, from: number, to: number) =>
    ["energy", device, period, from, to] as const,
};
