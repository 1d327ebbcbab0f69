"""Ohmstead's series store by itself, fed as its doors feed it, in an event loop of our own."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import uvloop

from bench.dataset import CHANNELS, WIDTH, Meter, Slice
from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.quantity import Kind
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import Layout, SeriesStore

T = TypeVar("T")
KINDS: Final = tuple(Kind.COUNTER if name == "energy" else Kind.GAUGE for name in CHANNELS)


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function on the loop the server uses."""

    async def call() -> T:
        return await main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(call())


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'ohmstead.db'}"


class Feed:
    """An open store and the layouts of its meters."""

    def __init__(self, database: Database, store: SeriesStore) -> None:
        self.database = database
        self.store = store
        self.layouts: dict[int, Layout] = {}
        self.committed = 0
        self.failures: list[Exception] = []
        self._moved = asyncio.Event()
        database.writer.on_commit(self._on_commit)
        database.writer.on_failure(lambda first, last, error: self.failures.append(error))

    def _on_commit(self, ticket: int) -> None:
        self.committed = ticket
        self._moved.set()

    def define(self, fleet: Iterable[Meter]) -> None:
        for meter in fleet:
            series = tuple(meter.number * WIDTH + n + 1 for n in range(WIDTH))
            for one, kind in zip(series, KINDS, strict=True):
                self.store.define(one, device=meter.number + 1, kind=kind)
            self.layouts[meter.number] = self.store.layout(meter.number + 1, series)

    async def wait(self, ticket: int) -> None:
        """Return once `ticket` is on disk."""
        while self.committed < ticket:
            self._moved.clear()
            await self._moved.wait()
        if self.failures:
            raise self.failures[0]

    async def pour(self, batches: Iterable[Sequence[Slice]], in_flight: int = 2) -> None:
        """Append every batch, at most `in_flight` of them without an acknowledgement, and wait for the last."""
        waiting: deque[int] = deque()
        for batch in batches:
            waiting.append(self.store.append([(self.layouts[m], t, v) for m, t, v in batch]))
            if len(waiting) >= in_flight:
                await self.wait(waiting.popleft())
        if waiting:
            await self.wait(waiting[-1])


@asynccontextmanager
async def opened(url: str, fleet: Iterable[Meter]) -> Any:
    """Open the store at `url`, sealing in the background as the server does; close it at the end."""
    database = Database.open(url, metadata=metadata)
    store = SeriesStore(database, SystemClock())
    store.load()
    feed = Feed(database, store)
    feed.define(fleet)
    database.start(asyncio.get_running_loop())
    store.start()
    try:
        yield feed
    finally:
        await store.stop()
        await database.close()


def time_pour(url: str, fleet: Sequence[Meter], batches: Sequence[Sequence[Slice]]) -> float:
    """Seconds from the first append until all is acknowledged, what is due is sealed and the store is closed."""

    async def main() -> float:
        async with opened(url, fleet) as feed:
            began = time.perf_counter()
            await feed.pour(batches)
            await feed.store.seal()
        return time.perf_counter() - began

    return run(main)
