import { useCallback, useEffect, useRef, useState } from "react";

import type { Board, Chip, OpenBoard, Write } from "./board";
import { BoardLost, troubleWords } from "./trouble";

type Phase = "idle" | "connecting" | "connected" | "erasing" | "writing" | "checking" | "done";

export interface BoardState {
  phase: Phase;
  /** Of the board that is or was connected last. */
  chip: Chip | null;
  /** From 0 to 1. */
  share: number;
  trouble: string | null;
  log: readonly string[];
}

const NOTHING: BoardState = { phase: "idle", chip: null, share: 0, trouble: null, log: [] };
const MOST_LINES = 400;
// One for every block; the bar shows it.
const PROGRESS = /^Writing at /;

const isLine = (line: string): boolean => line.trim() !== "" && !PROGRESS.test(line);

/** One board: connected, written, let go of. What fails lets go of it too, and says why. */
export function useBoard(open: OpenBoard) {
  const [state, setState] = useState(NOTHING);
  const board = useRef<Board | null>(null);
  const change = useCallback((part: Partial<BoardState>) => setState((was) => ({ ...was, ...part })), []);
  const log = useCallback(
    (line: string) =>
      isLine(line) && setState((was) => ({ ...was, log: [...was.log, line.trim()].slice(-MOST_LINES) })),
    [],
  );
  useEffect(() => () => void board.current?.close(), []);

  const fail = async (error: unknown) => {
    log(`${error instanceof BoardLost ? "Lost" : "Failed"}: ${String(error)}`);
    change({ phase: "idle", trouble: troubleWords(error), share: 0 });
    await board.current?.close();
    board.current = null;
  };

  const connect = async () => {
    change({ ...NOTHING, phase: "connecting" });
    try {
      board.current = await open(log);
      change({ phase: "connected", chip: board.current.chip });
    } catch (error) {
      await fail(error);
    }
  };

  const write = async (what: Omit<Write, "onProgress">) => {
    if (board.current === null) return;
    change({ phase: what.erase ? "erasing" : "writing", share: 0, trouble: null });
    // All was sent: what is left is the comparison.
    const onProgress = (share: number) => change({ phase: share < 1 ? "writing" : "checking", share });
    try {
      await board.current.write({ ...what, onProgress });
      log("Written and compared.");
      await board.current.restart();
      board.current = null;
      change({ phase: "done" });
    } catch (error) {
      await fail(error);
    }
  };

  return { ...state, connect, write };
}
