import { backoff } from "@/lib/backoff";

import { type Frame, parseFrame } from "./frames";
import type { Link } from "./link";

// The server pings every 15 s; two missed pings mean that the connection is dead though nobody closed it.
const SILENCE_MS = 35_000;

const UNAUTHENTICATED = 4401;
const FORBIDDEN = 4403;

export interface LiveHandlers {
  onFrame: (frame: Frame) => void;
  onLink: (link: Link) => void;
  /** The session has ended; a person must sign in again. */
  onUnauthenticated: () => void;
}

/** One live connection that comes back by itself: after a loss it waits a little longer each time, then tries again. */
export class LiveSocket {
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private lostAt: number | null = null;
  private readonly url: string;
  private readonly handlers: LiveHandlers;

  constructor(url: string, handlers: LiveHandlers) {
    this.url = url;
    this.handlers = handlers;
  }

  /** Connect now, whatever the waiting time; harmless while connected. */
  open = (): void => {
    if (this.socket !== null) return;
    clearTimeout(this.retry);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.listen();
    socket.onmessage = (event: MessageEvent<string>) => {
      this.listen();
      const frame = parseFrame(event.data);
      if (frame?.type === "snapshot") this.arrived();
      if (frame !== null) this.handlers.onFrame(frame);
    };
    socket.onclose = (event) => this.lost(event.code);
  };

  /** Leave for good. */
  close(): void {
    this.drop();
    clearTimeout(this.retry);
  }

  private arrived(): void {
    this.attempt = 0;
    this.lostAt = null;
    this.handlers.onLink({ state: "live", since: Date.now() });
  }

  private listen(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(0), SILENCE_MS);
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    if (this.socket === null) return;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  private lost(code: number): void {
    this.drop();
    const since = (this.lostAt ??= Date.now());
    if (code === UNAUTHENTICATED) {
      this.handlers.onUnauthenticated();
      return;
    }
    if (code === FORBIDDEN) {
      this.handlers.onLink({ state: "refused", since });
      return;
    }
    const wait = backoff(this.attempt++, Math.random());
    this.handlers.onLink({ state: "lost", since, retryAt: Date.now() + wait });
    this.retry = setTimeout(this.open, wait);
  }
}
