import { useLink } from "@/api/live/useLive";
import { clock } from "@/lib/time";
import { useNow } from "@/ui/useNow";

import classes from "./Shell.module.css";

/** Says plainly that the numbers on the page are not of now. */
export function LinkBanner() {
  const link = useLink();
  const now = useNow(1000);
  if (link.state !== "lost" && link.state !== "refused") return null;
  const stopped = `Live values stopped at ${clock(link.since, now)}.`;
  const seconds = link.state === "lost" ? Math.ceil((link.retryAt - now) / 1000) : 0;
  return (
    <div className={classes.banner}>
      <span role="status">{stopped}</span>{" "}
      {link.state === "refused" ? "Your role may not follow them." : null}
      {link.state === "lost" && (seconds > 0 ? `Reconnecting in ${seconds} s…` : "Reconnecting…")}
    </div>
  );
}
