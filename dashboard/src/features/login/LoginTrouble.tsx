import { Alert } from "@mantine/core";
import { useState } from "react";

import { Problem } from "@/api/client";
import { useNow } from "@/ui/useNow";

/** Why nobody came in. After too many attempts it counts down to the next one. */
export function LoginTrouble({ error }: { error: Error }) {
  const [shownAt] = useState(Date.now);
  const now = useNow(1000);
  const wait = error instanceof Problem && error.status === 429 ? (error.retryAfterS ?? 60) : 0;
  const left = Math.ceil(wait - (now - shownAt) / 1000);
  return (
    <Alert color="red" role="alert">
      {messageFor(error, wait, left)}
    </Alert>
  );
}

function messageFor(error: Error, wait: number, left: number): string {
  if (wait > 0) {
    return left > 0
      ? `Too many attempts. Try again in ${left} ${left === 1 ? "second" : "seconds"}.`
      : "You can try again now.";
  }
  if (error instanceof Problem && error.status === 401) return "User name or password is wrong.";
  return error.message;
}
