"""Moments at which no sample waits: what devices ask while they are updated is done then, one thing after the other.

A fleet that is updated asks some hundred things a second. Each takes half a millisecond, which nobody notices; but a
sample that came behind ten of them, or whose commit ran beside them, was late by as much.
"""

import asyncio
from collections import deque
from typing import Final, Protocol

# However busy the server is, nobody is kept waiting for longer.
LONGEST_S: Final = 0.02


class Intake(Protocol):
    @property
    def pending(self) -> int:
        """Samples that wait for their commit."""


class Gaps:
    """Event-loop only. `committed` has to be called when samples were."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._next: asyncio.Handle | None = None

    async def turn(self) -> None:
        """Return when it is the caller's turn: first come, first served, one in each turn of the event loop."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.append((loop.time() + LONGEST_S, future))
        if self._next is None:
            self._next = loop.call_soon(self._serve)
        await future

    def committed(self) -> None:
        if isinstance(self._next, asyncio.TimerHandle) and not self._intake.pending:
            self._next.cancel()
            self._next = asyncio.get_running_loop().call_soon(self._serve)

    def _serve(self) -> None:
        self._next = None
        while self._waiting and self._waiting[0][1].done():  # who asked has left
            self._waiting.popleft()
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        until, future = self._waiting[0]
        if self._intake.pending and loop.time() < until:
            self._next = loop.call_at(until, self._serve)
            return
        self._waiting.popleft()
        future.set_result(None)
        if self._waiting:
            self._next = loop.call_soon(self._serve)
