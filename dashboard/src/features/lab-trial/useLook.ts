import { useCallback, useEffect, useRef, useState } from "react";

import { analyse, type Run, type Setting } from "@/api/lab";

// While a line moves, an answer that comes sooner would only be overtaken by the next.
const WAIT_MS = 60;

export interface Looking {
  /** What the trial would come to with the line here; null: not looked. */
  run: Run | null;
  busy: boolean;
  error: Error | null;
  look: (parameters: Record<string, Setting>) => void;
  forget: () => void;
}

/** Recalculates while somebody drags: the last wish counts, answers that were overtaken are thrown away. */
export function useLook(trial: string): Looking {
  const [run, setRun] = useState<Run | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const asked = useRef<AbortController | null>(null);
  const drop = () => {
    clearTimeout(timer.current);
    asked.current?.abort();
    asked.current = null;
  };
  useEffect(() => drop, [trial]);
  const look = useCallback(
    (parameters: Record<string, Setting>) => {
      drop();
      setBusy(true);
      timer.current = setTimeout(() => {
        const mine = new AbortController();
        asked.current = mine;
        analyse({ trial, parameters, keep: false }, mine.signal)
          .then((found) => {
            setRun(found);
            setError(null);
            setBusy(false);
          })
          .catch((problem: unknown) => {
            if (mine.signal.aborted) return;
            setError(problem instanceof Error ? problem : new Error(String(problem)));
            setBusy(false);
          });
      }, WAIT_MS);
    },
    [trial],
  );
  const forget = useCallback(() => {
    drop();
    setRun(null);
    setBusy(false);
    setError(null);
  }, []);
  return { run, busy, error, look, forget };
}
