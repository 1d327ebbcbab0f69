"""Waiting for a commit, as a coroutine or with a callback; released in order of receipt."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from ohmstead.database import Database
from ohmstead.domain.errors import Unavailable

MOST_FAILURES: Final = 256  # a full disk fails one group after the other, which is one entry

Then = Callable[[Unavailable | None], None]


class Tickets:
    """Turns the writer's commit notices into moments one can wait for. Event-loop only."""

    def __init__(self, database: Database) -> None:
        self._waiting: deque[tuple[int, Then]] = deque()
        self._committed = 0
        self._failed: deque[tuple[int, int]] = deque(maxlen=MOST_FAILURES)  # (first, last), merged where they touch
        database.writer.on_commit(self._on_commit)
        database.writer.on_failure(self._on_failure)

    async def committed(self, ticket: int) -> None:
        """Return once `ticket` is on disk. Raises Unavailable if it will not be, or was not: who asks late may have
        missed the failure, and later commits say nothing about it."""
        future = asyncio.get_running_loop().create_future()
        self.when_committed(ticket, partial(_resolve, future))
        await future

    def when_committed(self, ticket: int, then: Then) -> None:
        """Call `then(None)` once `ticket` is on disk, at once if it is; `then(error)` if it will not be, or was not."""
        if self._failed and any(first <= ticket <= last for first, last in self._failed):
            then(Unavailable("not stored"))
        elif ticket <= self._committed:
            then(None)
        else:
            self._waiting.append((ticket, then))

    def _on_commit(self, ticket: int) -> None:
        self._committed = ticket
        waiting = self._waiting
        while waiting and waiting[0][0] <= ticket:
            waiting.popleft()[1](None)

    def _on_failure(self, first: int, last: int, error: Exception) -> None:
        if self._failed and self._failed[-1][1] + 1 >= first:
            first_of_all, _ = self._failed.pop()
            self._failed.append((min(first_of_all, first), last))
        else:
            self._failed.append((first, last))
        failed = [then for ticket, then in self._waiting if first <= ticket <= last]
        self._waiting = deque(one for one in self._waiting if not first <= one[0] <= last)
        for then in failed:  # which may lead to new waiting at once
            then(Unavailable(f"not stored: {error}"))


def _resolve(future: asyncio.Future[None], error: Unavailable | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
