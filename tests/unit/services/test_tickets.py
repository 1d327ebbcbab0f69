"""Who waits for a commit is told the truth, also about what failed before it asked."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ohmstead.domain.errors import Unavailable
from ohmstead.services.tickets import Tickets


class Told:
    """A writer whose notices the test gives."""

    def __init__(self) -> None:
        self.commit: Callable[[int], None]
        self.failure: Callable[[int, int, Exception], None]

    def on_commit(self, callback: Callable[[int], None]) -> None:
        self.commit = callback

    def on_failure(self, callback: Callable[[int, int, Exception], None]) -> None:
        self.failure = callback


@pytest.fixture
def writer() -> Told:
    return Told()


@pytest.fixture
def tickets(writer: Told) -> Tickets:
    database: Any = SimpleNamespace(writer=writer)
    return Tickets(database)


async def test_what_failed_before_somebody_asked_is_not_taken_for_stored(writer: Told, tickets: Tickets) -> None:
    """Batches that wait in line ask one after the other; a later commit says nothing about the ones that failed."""
    writer.failure(3, 5, OSError("the disk is full"))
    writer.commit(9)
    for ticket in (3, 4, 5):
        with pytest.raises(Unavailable):
            await tickets.committed(ticket)
    for ticket in (0, 2, 6, 9):
        await tickets.committed(ticket)


async def test_a_disk_that_stays_full_is_remembered_as_one_failure(writer: Told, tickets: Tickets) -> None:
    for first in range(10, 100_000, 10):
        writer.failure(first, first + 9, OSError("the disk is full"))
    writer.commit(200_000)
    for ticket in (10, 50_003, 99_999):
        with pytest.raises(Unavailable):
            await tickets.committed(ticket)
    await tickets.committed(100_010)


async def test_who_waits_is_told_at_once(writer: Told, tickets: Tickets) -> None:
    waiting = [asyncio.ensure_future(tickets.committed(ticket)) for ticket in (1, 2, 3)]
    await asyncio.sleep(0)
    writer.failure(2, 2, OSError("the disk is full"))
    writer.commit(3)
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in found] == [type(None), Unavailable, type(None)]
