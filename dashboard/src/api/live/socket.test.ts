import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Frame } from "./frames";
import type { Link } from "./link";
import { LiveSocket } from "./socket";

const SNAPSHOT = JSON.stringify({ type: "snapshot", at: 0, devices: [], values: {} });

/** Every socket that was opened, the newest last; the test plays the server. */
class PlayedSocket {
  static opened: PlayedSocket[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;

  constructor() {
    PlayedSocket.opened.push(this);
  }

  close() {
    this.closed = true;
  }
}

const newest = (): PlayedSocket => {
  const socket = PlayedSocket.opened.at(-1);
  if (socket === undefined) throw new Error("no socket was opened");
  return socket;
};

describe("the live connection", () => {
  let links: Link[];
  let frames: Frame[];
  let unauthenticated: number;
  let live: LiveSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
    vi.stubGlobal("WebSocket", PlayedSocket);
    PlayedSocket.opened = [];
    [links, frames, unauthenticated] = [[], [], 0];
    live = new LiveSocket("ws://server/live", {
      onFrame: (frame) => frames.push(frame),
      onLink: (link) => links.push(link),
      onUnauthenticated: () => (unauthenticated += 1),
    });
    live.open();
  });
  afterEach(() => {
    live.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is live with the first snapshot", () => {
    newest().onmessage?.({ data: SNAPSHOT });
    expect(links.at(-1)?.state).toBe("live");
    expect(frames).toHaveLength(1);
  });

  it("comes back by itself, a little later after each failure", () => {
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(499);
    expect(PlayedSocket.opened).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(PlayedSocket.opened).toHaveLength(2);
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(999);
    expect(PlayedSocket.opened).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(PlayedSocket.opened).toHaveLength(3);
  });

  it("says since when values are missing, over all attempts", () => {
    newest().onmessage?.({ data: SNAPSHOT });
    const lostAt = Date.now();
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(600);
    newest().onclose?.({ code: 1006 });
    expect(links.at(-1)).toMatchObject({ state: "lost", since: lostAt });
  });

  it("starts waiting from the beginning once it was live again", () => {
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    newest().onmessage?.({ data: SNAPSHOT });
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    expect(PlayedSocket.opened).toHaveLength(3);
  });

  it("takes two missed pings for a dead connection", () => {
    const first = newest();
    first.onmessage?.({ data: SNAPSHOT });
    vi.advanceTimersByTime(30_000);
    first.onmessage?.({ data: '{"type":"ping"}' });
    vi.advanceTimersByTime(34_999);
    expect(links.at(-1)?.state).toBe("live");
    vi.advanceTimersByTime(1);
    expect(links.at(-1)?.state).toBe("lost");
    expect(first.closed).toBe(true);
  });

  it("asks for a new log-in when the session is over, and does not try again", () => {
    newest().onclose?.({ code: 4401 });
    vi.advanceTimersByTime(120_000);
    expect(unauthenticated).toBe(1);
    expect(PlayedSocket.opened).toHaveLength(1);
  });

  it("does not try again where it may not listen", () => {
    newest().onclose?.({ code: 4403 });
    vi.advanceTimersByTime(120_000);
    expect(links.at(-1)?.state).toBe("refused");
    expect(PlayedSocket.opened).toHaveLength(1);
  });

  it("is not opened twice", () => {
    live.open();
    expect(PlayedSocket.opened).toHaveLength(1);
  });
});
