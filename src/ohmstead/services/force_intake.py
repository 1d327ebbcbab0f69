"""Sees the samples of streaming devices to the disk: in order, and offered again while it does not take them."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from ohmstead.domain.errors import Forbidden, TooMany, Unavailable
from ohmstead.domain.telemetry import Batch
from ohmstead.services.force_links import ForceLink
from ohmstead.services.ingest import Ingest
from ohmstead.services.tickets import Tickets

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 512  # batches of one device on their way to the disk
RETRY_S: Final = 0.25
GIVE_UP_S: Final = 60.0  # how long a batch that the disk does not take is offered again
LAST_WORD: Final = -1
REFUSED: Final = -2


class ForceIntake:
    """Event-loop only."""

    def __init__(self, ingest: Ingest, tickets: Tickets) -> None:
        self._ingest = ingest
        self._tickets = tickets
        self._working: dict[ForceLink, asyncio.Task[None]] = {}
        self.lost: Callable[[int, int], None] = lambda device, samples: None

    def begin(self, link: ForceLink) -> None:
        self._working[link] = asyncio.get_running_loop().create_task(self._confirm(link), name="force samples")

    def end(self, link: ForceLink) -> None:
        """No more will come; what came is still seen to the disk."""
        self._hand_over(link, Batch([]), 0, LAST_WORD)

    async def room(self, link: ForceLink) -> None:
        """Wait while too many are on their way to the disk."""
        while len(link.waiting) >= MOST_WAITING and link in self._working:
            link.room.clear()
            await link.room.wait()

    def offer(self, link: ForceLink, batch: Batch, received: int) -> None:
        self._hand_over(link, batch, received, self._submit(link, batch, received))

    async def stored(self, link: ForceLink) -> None:
        """Return once all that it sent is on disk. Raises Unavailable if it will not be."""
        lost = link.lost
        while link.waiting and link in self._working:
            link.room.clear()
            await link.room.wait()
        if link.lost > lost:
            raise Unavailable("not stored")

    async def shut(self) -> None:
        """Return once all that ended is on disk, or cannot be."""
        working = list(self._working.values())
        if working:
            _, late = await asyncio.wait(working, timeout=2.0)
            for task in late:
                task.cancel()

    def _hand_over(self, link: ForceLink, batch: Batch, received: int, ticket: int) -> None:
        link.waiting.append((batch, received, ticket))
        link.more.set()

    def _submit(self, link: ForceLink, batch: Batch, received: int) -> int:
        """The ticket; REFUSED when it has to be offered again."""
        try:
            self._ingest.admit(link.known)
        except (Unavailable, TooMany):
            return REFUSED
        except Forbidden:
            return 0  # deleted meanwhile: nobody waits for its samples
        return self._ingest.submit(link.known, batch, received).ticket

    async def _confirm(self, link: ForceLink) -> None:
        """See every batch to the disk, in order; one that it does not take is offered again for a while."""
        device = link.known.device.id
        try:
            while True:
                while not link.waiting:
                    link.more.clear()
                    await link.more.wait()
                batch, received, ticket = link.waiting[0]
                if ticket == LAST_WORD:
                    return
                if ticket == REFUSED:  # the disk may have room by now
                    ticket = self._submit(link, batch, received)
                offered = 0.0
                while not await self._committed(ticket):
                    if offered >= GIVE_UP_S:
                        link.lost += len(batch)
                        log.error("samples lost", device=link.known.device.serial, samples=len(batch))
                        self.lost(device, len(batch))
                        break
                    await asyncio.sleep(RETRY_S)
                    offered += RETRY_S
                    ticket = self._submit(link, batch, received)
                link.waiting.popleft()
                link.room.set()
        finally:
            self._working.pop(link, None)
            link.room.set()

    async def _committed(self, ticket: int) -> bool:
        if ticket == REFUSED:
            return False
        try:
            await self._tickets.committed(ticket)
        except Unavailable:
            return False
        return True
