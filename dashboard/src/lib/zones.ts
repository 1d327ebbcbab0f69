/** The zone this browser lives in. */
export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** Every zone the browser knows, its own and UTC among them. */
export const zones = (): string[] =>
  [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC", localZone()])].sort();
