import { Button } from "@mantine/core";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";

import classes from "./toasts.module.css";

// Long enough to read a line and reach the button with the keyboard.
const SHOWN_MS = 8_000;

export interface Toast {
  text: string;
  /** The newest toast of a topic takes the place of the one before it. */
  topic?: string;
  /** With it the toast offers a way back. */
  onUndo?: () => void;
}

type Shown = Toast & { id: number };

const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

export const useToast = () => useContext(ToastContext);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Shown[]>([]);
  const show = useCallback((toast: Toast) => {
    setToasts((shown) => {
      const others = shown.filter(({ topic }) => topic === undefined || topic !== toast.topic);
      return [...others, { ...toast, id: (shown.at(-1)?.id ?? 0) + 1 }];
    });
  }, []);
  const leave = useCallback((toast: Shown) => {
    setToasts((shown) => shown.filter(({ id }) => id !== toast.id));
  }, []);
  return (
    <ToastContext value={show}>
      {children}
      <div className={classes.region} role="status" aria-live="polite">
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} onLeave={leave} />
        ))}
      </div>
    </ToastContext>
  );
}

function ToastCard({ toast, onLeave }: { toast: Shown; onLeave: (toast: Shown) => void }) {
  useEffect(() => {
    const timer = setTimeout(() => onLeave(toast), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast, onLeave]);
  const undo = () => {
    onLeave(toast);
    toast.onUndo?.();
  };
  return (
    <div className={classes.toast}>
      <span>{toast.text}</span>
      {toast.onUndo && (
        <Button size="compact-sm" variant="default" onClick={undo}>
          Undo
        </Button>
      )}
    </div>
  );
}
