/** How the live connection is doing. */
export type Link =
  | { state: "connecting" }
  | { state: "live"; since: number }
  /** Lost; `since` is when values stopped coming, the next attempt is on its way. */
  | { state: "lost"; since: number; retryAt: number }
  /** The server does not let this person listen. Not tried again. */
  | { state: "refused"; since: number };

export const START: Link = { state: "connecting" };
