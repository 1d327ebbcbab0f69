/** The link that lets somebody in. The token stands in the fragment, which browsers never send to any server. */
export const joinLink = (origin: string, token: string): string =>
  `${origin}/join#${encodeURIComponent(token)}`;

/** Viewers see only what is shared with them; everyone else sees every device, so a choice means nothing. */
export const sharedWith = (role: string, chosen: readonly string[]): string[] =>
  role === "viewer" ? [...chosen] : [];
