"""Moving out: raw samples of channels as CSV or Parquet, streamed in bounded pieces whatever their number."""

import asyncio
import contextlib
import io
import itertools
import queue
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Final, cast
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ohmstead.database import Database
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput, NotFound, TooMany
from ohmstead.series import SeriesStore
from ohmstead.series.tables import block
from ohmstead.services.export_columns import Columns, column_names, csv_piece, joined, logger_rows, record_batch, schema
from ohmstead.services.registry import Registry

PIECE_SAMPLES: Final = 250_000
GROUP_VALUES: Final = 2_000_000  # of a Parquet row group, which is kept in memory until it is written
MOST_PARQUET: Final = 4  # files at once: each keeps a row group in memory
_QUEUED: Final = 16  # pieces of a Parquet file that wait for a slow client
_FOR_EVER: Final = 1 << 62
_PARQUET_PIECE: Final = 256 * 1024


class Exports:
    def __init__(self, database: Database, series: SeriesStore, registry: Registry, logger_zone: str) -> None:
        self._database = database
        self._series = series
        self._registry = registry
        self._logger_zone = ZoneInfo(logger_zone)
        self._writing = 0  # Parquet files

    async def csv(self, channels: Sequence[Channel], t0: int, t1: int) -> AsyncIterator[bytes]:
        """A heading, then a row per instant in [t0, t1): RFC 4180, UTC with milliseconds (microseconds where finer).

        A cell is empty where its channel has no sample at that instant.
        """
        yield (",".join(map(_quoted, ["t", *self._names(channels)])) + "\r\n").encode()
        async for columns in self._pieces(channels, t0, t1):
            yield await asyncio.to_thread(csv_piece, columns)

    def parquet(self, channels: Sequence[Channel], t0: int, t1: int) -> AsyncIterator[bytes]:
        """The same rows as a Parquet file: `t` as microseconds in UTC, a column of doubles per channel.

        Raises TooMany while as many are being written as this server writes at once.
        """
        if self._writing >= MOST_PARQUET:
            raise TooMany("several Parquet files are being written; try again in a moment", retry_after_s=10)
        return self._parquet(channels, t0, t1)

    async def _parquet(self, channels: Sequence[Channel], t0: int, t1: int) -> AsyncIterator[bytes]:
        from arro3.core import RecordBatchReader  # loaded on use: most servers never export
        from arro3.io import write_parquet

        shape = schema(self._names(channels))
        loop = asyncio.get_running_loop()
        pieces = self._pieces(channels, t0, t1)
        out = _Pipe()

        def batches() -> Iterator[Any]:
            while True:
                columns = asyncio.run_coroutine_threadsafe(_next(pieces), loop).result()
                if columns is None or out.abandoned:
                    return
                yield record_batch(columns, shape)

        def write() -> None:
            try:
                reader = RecordBatchReader.from_batches(shape, batches())
                write_parquet(
                    reader,
                    cast("IO[bytes]", out),
                    compression="zstd(3)",
                    dictionary_enabled=False,
                    max_row_group_size=max(10_000, GROUP_VALUES // (len(channels) + 1)),
                )
            finally:
                out.finish()

        # Threads of its own: they wait for a slow client, and for pieces that the shared ones make.
        threads = ThreadPoolExecutor(2, thread_name_prefix="parquet")
        self._writing += 1
        writing = loop.run_in_executor(threads, write)
        try:
            while (data := await loop.run_in_executor(threads, out.take)) is not None:
                yield data
            await writing
        finally:
            self._writing -= 1
            out.abandon()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await writing
            threads.shutdown(wait=False)

    def logger_channel(self, device: int) -> Channel:
        """The channel that `current_data.csv` is made of. Raises NotFound for a device that measures no current."""
        channels = self._registry.get(device).device.channels.values()
        currents = [channel for channel in channels if channel.quantity == "current"]
        if not currents:
            raise NotFound("this device measures no current")
        return currents[0]

    async def current_data(self, channel: Channel, t0: int, t1: int) -> AsyncIterator[bytes]:
        """The old logger's form: no heading, local time of day, milliamperes, CRLF."""
        async for columns in self._pieces([channel], t0, t1):
            yield await asyncio.to_thread(logger_rows, columns, self._logger_zone)

    def _names(self, channels: Sequence[Channel]) -> list[str]:
        if len({channel.id for channel in channels}) != len(channels):
            raise InvalidInput("a channel was named twice")
        return column_names(channels, {c.device: self._registry.get(c.device).device.serial for c in channels})

    async def _pieces(self, channels: Sequence[Channel], t0: int, t1: int) -> AsyncIterator[Columns]:
        ids = [channel.id for channel in channels]
        borders = await self._database.read(lambda c: _borders(c, ids, t0, t1))
        for start, end in itertools.pairwise(borders):
            read = [await self._series.raw(one, start, end, _FOR_EVER) for one in ids]
            if any(len(t) for t, _ in read):
                yield await asyncio.to_thread(joined, read)


def _borders(connection: sa.Connection, series: Sequence[int], t0: int, t1: int) -> list[int]:
    """Instants that cut [t0, t1) into spans of about PIECE_SAMPLES sealed samples; hot ones are few."""
    found = connection.execute(
        sa.select(block.c.t0, block.c.n)
        .where(block.c.series.in_(series), block.c.t0 >= t0, block.c.t0 < t1)
        .order_by(block.c.t0)
    ).all()
    starts: NDArray[np.int64] = np.array([row.t0 for row in found], dtype=np.int64)
    counted = np.cumsum(np.array([row.n for row in found], dtype=np.int64)) // PIECE_SAMPLES
    cuts = starts[np.flatnonzero(np.diff(counted, prepend=0))] if len(found) else starts
    inner = [int(cut) for cut in np.unique(cuts) if t0 < cut < t1]
    return [t0, *inner, t1]


def _quoted(name: str) -> str:
    """A cell of the heading. Devices choose these names: none may be a formula in whose sheet it lands."""
    name = f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\r\n') else name


async def _next(pieces: AsyncIterator[Columns]) -> Columns | None:
    return await anext(pieces, None)


class _Pipe(io.RawIOBase):
    """What a thread writes, for the event loop to send. Bounded: the thread waits for a slow client."""

    def __init__(self) -> None:
        self._queue: queue.Queue[bytes | None] = queue.Queue(_QUEUED)
        self._gathered = bytearray()
        self.abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.abandoned:
            raise BrokenPipeError("nobody reads this any more")
        self._gathered += data
        if len(self._gathered) >= _PARQUET_PIECE:
            self._hand_over()
        return len(data)

    def _hand_over(self) -> None:
        data = bytes(self._gathered)
        self._gathered.clear()
        while not self.abandoned:
            with contextlib.suppress(queue.Full):
                self._queue.put(data, timeout=0.5)
                return

    def finish(self) -> None:
        if self._gathered:
            self._hand_over()
        while not self.abandoned:
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=0.5)
                return

    def take(self) -> bytes | None:
        """The next bytes; None at the end, or once nobody wants them."""
        while not self.abandoned:
            with contextlib.suppress(queue.Empty):
                return self._queue.get(timeout=0.5)
        return None

    def abandon(self) -> None:
        self.abandoned = True
