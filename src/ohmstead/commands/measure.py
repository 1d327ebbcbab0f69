"""`ohmstead bench`: what this computer and its disk can do, measured in a minute, in the words of a user."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer

from ohmstead import settings
from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.quantity import Kind
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import SeriesStore

CHANNELS: Final = 6
STEP_US: Final = 10_000_000  # a meter that sends every ten seconds
DAYS: Final = 90
BATCH_ROWS: Final = 1_000
METER_MESSAGES_PER_S: Final = 0.1


def register(cli: typer.Typer) -> None:
    cli.command("bench")(bench)


def bench(
    data_dir: Annotated[Path | None, typer.Option(help="measure the disk this folder lies on [default: data]")] = None,
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="for each of the two ways of storing")] = 3.0,
) -> None:
    """Measure durable storing and charts on this computer, in a scratch folder that is removed again."""
    folder = settings.load(data_dir=data_dir).data_dir
    place = next(p for p in (folder, *folder.absolute().parents) if p.is_dir())
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=".bench-") as scratch:
            asyncio.run(_measure(Path(scratch), seconds))
    except OSError as error:
        typer.echo(f"ohmstead: {place}: {error}", err=True)
        raise typer.Exit(1) from None


async def _measure(scratch: Path, seconds: float) -> None:
    database = Database.open(f"sqlite:///{scratch / 'ohmstead.db'}", metadata=metadata)
    store = SeriesStore(database, SystemClock())
    await asyncio.to_thread(store.load)
    series = tuple(range(1, CHANNELS + 1))
    for one in series:
        store.define(one, device=1, kind=Kind.COUNTER if one == CHANNELS else Kind.GAUGE)
    database.start(asyncio.get_running_loop())
    store.start()
    acknowledged = _Acknowledged(database)
    try:
        now = SystemClock().now()
        waits = await _one_by_one(store, acknowledged, series, now, seconds)
        p50, p99 = (float(np.percentile(waits, share)) * 1000 for share in (50, 99))
        typer.echo(f"one message at a time, on disk before the answer: {len(waits) / seconds:,.0f} messages/s")
        typer.echo(f"  an answer takes {p50:.2f} ms, one in a hundred {p99:.2f} ms or longer")
        rate = await _in_batches(store, acknowledged, series, now)
        typer.echo(f"history in batches of {BATCH_ROWS * CHANNELS:,}: {rate:,.0f} samples/s, all on disk")
        await store.seal(everything=True)
        began = time.perf_counter()
        chart = (await store.chart(series[:1], now - DAYS * 86_400_000_000, now, 1000))[0]
        took = (time.perf_counter() - began) * 1000
        typer.echo(f"a chart of {DAYS} days from {int(chart.count.sum()):,} samples: {took:.1f} ms")
        meters = len(waits) / seconds / METER_MESSAGES_PER_S
        typer.echo(f"enough for about {meters / 2:,.0f} meters that send every ten seconds, with half to spare")
    finally:
        await store.stop()
        await database.close()


class _Acknowledged:
    """Waits for tickets."""

    def __init__(self, database: Database) -> None:
        self._upto = 0
        self._moved = asyncio.Event()
        self._error: Exception | None = None
        database.writer.on_commit(self._on_commit)
        database.writer.on_failure(self._on_failure)

    def _on_commit(self, ticket: int) -> None:
        self._upto = ticket
        self._moved.set()

    def _on_failure(self, first: int, last: int, error: Exception) -> None:
        self._error = error
        self._moved.set()

    async def upto(self, ticket: int) -> None:
        """Raises OSError when the disk refuses."""
        while self._upto < ticket:
            if self._error is not None:
                raise OSError(str(self._error))
            self._moved.clear()
            await self._moved.wait()


async def _one_by_one(
    store: SeriesStore, acknowledged: _Acknowledged, series: tuple[int, ...], now: int, seconds: float
) -> list[float]:
    layout = store.layout(1, series)
    waits: list[float] = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        at = now + len(waits)
        await acknowledged.upto(store.append([(layout, [at], [230.0 + n for n in range(CHANNELS)])]))
        waits.append(time.perf_counter() - began)
    return waits


async def _in_batches(store: SeriesStore, acknowledged: _Acknowledged, series: tuple[int, ...], now: int) -> float:
    """Store 90 days of one meter; return samples per second until all of it is on disk."""
    layout = store.layout(1, series)
    rows = DAYS * 86_400_000_000 // STEP_US
    random = np.random.default_rng(1)
    began, ticket = time.perf_counter(), 0
    for first in range(0, rows, BATCH_ROWS):
        n = min(BATCH_ROWS, rows - first)
        t = now - (rows - first - np.arange(n, dtype=np.int64)) * STEP_US
        v = np.round(230 + random.normal(0, 2, (n, CHANNELS)), 1)
        v[:, -1] = (first + np.arange(n)) * 0.5
        ticket = store.append([(layout, t, v.reshape(-1))])
        if first // BATCH_ROWS % 16 == 15:
            await acknowledged.upto(ticket)
    await acknowledged.upto(ticket)
    return rows * CHANNELS / (time.perf_counter() - began)
