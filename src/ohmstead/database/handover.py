"""From the event loop to the writer's thread."""

import asyncio
from queue import SimpleQueue
from typing import Final

from ohmstead.database.group import Stop, Work

# What can wait travels with the samples that come anyway; when none come, it waits no longer than this.
LATER_S: Final = 0.02


class HandOver:
    """All of one turn of the loop at once: waking the thread for each message costs more than the message, and larger
    groups mean fewer commits. Order is kept, so what can wait leaves at the latest with what comes after it.

    `get` is the thread's, everything else the loop's. Before `start` work is only gathered.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[list[Work | Stop]] = SimpleQueue()
        self._gathered: list[Work | Stop] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flushing: asyncio.Handle | None = None
        self._can_wait = True  # all that is gathered

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.flush()

    def add(self, work: Work, *, later: bool) -> None:
        self._gathered.append(work)
        if self._loop is None:
            return
        if later and self._flushing is None:
            self._flushing = self._loop.call_later(LATER_S, self.flush)
        elif not later and self._can_wait:
            self._can_wait = False
            if self._flushing is not None:
                self._flushing.cancel()
            self._flushing = self._loop.call_soon(self.flush)

    def held(self, ticket: int) -> Work | Stop | None:
        """The work of `ticket`, None once the thread was given it. Tickets have no gaps."""
        if not self._gathered or isinstance(last := self._gathered[-1], Stop):
            return None
        back = last.ticket - ticket + 1
        return self._gathered[-back] if 0 < back <= len(self._gathered) else None

    def end(self) -> None:
        """Nothing comes after this."""
        self._gathered.append(Stop())
        self.flush()

    def flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
        self._flushing, self._can_wait = None, True
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def get(self, timeout: float | None = None, *, block: bool = True) -> list[Work | Stop]:
        """What was handed over together. Raises queue.Empty."""
        return self._queue.get(block, timeout)
