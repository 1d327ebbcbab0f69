import { backoff } from "@/lib/backoff";
import type { Columns } from "@/lib/trace";

export interface LiveChannel {
  id: string;
  device_id: string;
  key: string;
  /** "N" where a calibration holds, else what the channel counts in. */
  unit: string;
  calibration_id: string | null;
}

export interface ForceHandlers {
  onChannels: (channels: readonly LiveChannel[]) => void;
  onColumns: (columns: Columns) => void;
  /** Something about a trial on these channels is new. */
  onTrial: (recording: string) => void;
  onLink: (state: ForceLink) => void;
}

/** `refused`: the session is over or may not listen; not tried again. */
export type ForceLink = "connecting" | "live" | "lost" | "refused";

type Frame =
  | { type: "channels"; channels: LiveChannel[] }
  | ({ type: "columns" } & Columns)
  | { type: "trial"; trial_id: string; recording_id: string };

const UNAUTHENTICATED = 4401;
const FORBIDDEN = 4403;

const address = (): string =>
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live/force`;

/** The view of every sample of some channels; it comes back by itself. */
export class ForceSocket {
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private closed = false;
  private readonly channels: readonly string[];
  private readonly handlers: ForceHandlers;

  constructor(channels: readonly string[], handlers: ForceHandlers) {
    this.channels = channels;
    this.handlers = handlers;
  }

  open(): void {
    const socket = new WebSocket(address());
    this.socket = socket;
    socket.onopen = () => this.ask();
    socket.onmessage = (event: MessageEvent<string>) => this.read(event.data);
    socket.onclose = ({ code }) => this.lost(code);
  }

  /** Ask again, for the units of today: after a calibration they may be others. */
  ask(): void {
    if (this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify({ subscribe: this.channels }));
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    if (this.socket === null) return;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    // Closing what is still being opened would be complained about in the console.
    if (this.socket.readyState === WebSocket.CONNECTING) {
      const early = this.socket;
      early.onopen = () => early.close();
    } else this.socket.close();
    this.socket = null;
  }

  private read(text: string): void {
    const frame = JSON.parse(text) as Frame;
    if (frame.type === "columns") this.handlers.onColumns(frame);
    else if (frame.type === "channels") {
      this.attempt = 0;
      this.handlers.onLink("live");
      this.handlers.onChannels(frame.channels);
    } else this.handlers.onTrial(frame.recording_id);
  }

  private lost(code: number): void {
    this.socket = null;
    if (this.closed) return;
    if (code === UNAUTHENTICATED || code === FORBIDDEN) {
      this.handlers.onLink("refused");
      return;
    }
    this.handlers.onLink("lost");
    this.retry = setTimeout(() => this.open(), backoff(this.attempt++, Math.random()));
  }
}
