"""When to seal, and carrying it out: workers read, merge and encode; the writer inserts in small pieces."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
import sqlalchemy as sa

from ohmstead.database import Database, StorageFailure
from ohmstead.domain.calendar import Period, bucket_of
from ohmstead.domain.quantity import Kind
from ohmstead.runtime.clock import Clock
from ohmstead.series.codec import Habits
from ohmstead.series.hot import Hot, Snapshot
from ohmstead.series.journal_size import JournalSize
from ohmstead.series.loading import Loaded
from ohmstead.series.marks import Marks
from ohmstead.series.merging import BLOCK_LEAST, BLOCK_MOST
from ohmstead.series.rollup_packs import DAYS, FINE, FINE_US
from ohmstead.series.sealing import Ids, Piece, Sealing
from ohmstead.series.tables import series_state
from ohmstead.series.upkeep import (
    Step,
    delete_series,
    expire_raw,
    expire_tier,
    raw_border,
    rebuild_days,
    remember,
    trim_journal,
)

log = logging.getLogger(__name__)

OLDEST_S: Final = 6 * 3600.0
JOURNAL_BYTES: Final = 64 << 20
LOOK_EVERY_S: Final = 30.0
AGAIN_AFTER_S: Final = 300.0
# So many blocks at once of a device that fills one within a bucket of 15 minutes.
BLOCKS_OF_FAST: Final = 4
# Journal records deleted in one transaction.
DELETE_RECORDS: Final = 2000


class Sealer:
    """Everything that changes blocks runs under `quiet`, one at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        hot: Hot,
        device_of: Mapping[int, int],
        kinds: Mapping[int, Kind],
        marks: Mapping[int, Marks],
        zone: str,
    ) -> None:
        self.zone = zone
        self.days_zone: str | None = None  # the zone the stored days are good for
        self._database = database
        self._clock = clock
        self._hot = hot
        self._device_of = device_of
        self._kinds = kinds
        self._marks = marks
        self._ids = Ids(0)
        self._habits = Habits()
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="sealer")
        self._due: dict[int, None] = {}
        self._wake: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self.quiet = asyncio.Lock()
        self.journal = JournalSize()
        self.announced_upto = 0
        self._marked: dict[int, None] = {}
        self._sealed_samples = 0
        self._sealed_blocks = 0
        self._longest_piece_s = 0.0
        self._expired_samples = 0
        self._failed_seals = 0
        self._not_before: dict[int, float] = {}
        self.holders: list[Callable[[], int]] = []  # each: the first journal record it still needs

    def loaded(self, loaded: Loaded) -> None:
        self._ids = Ids(loaded.last_payload)
        self.announced_upto = loaded.last_record
        self._marked = dict.fromkeys(self._marks)
        self.days_zone = self.zone if loaded.days_zone == self.zone else None
        for record, size in loaded.record_bytes:
            self.journal.add(record, size)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wake = asyncio.Event()
        self._task = loop.create_task(self._run(), name="sealer")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._workers.shutdown()

    def announced(self, record: int, devices: Iterable[int]) -> None:
        """The journal record and everything in it is known in the event loop; `devices` have new hot rows."""
        self.announced_upto = record
        for device in devices:
            self._touched(device)

    def marked(self, device: int) -> None:
        """The device's marks changed."""
        self._marked[device] = None

    def _touched(self, device: int) -> None:
        if device in self._due or not self._is_full(device):
            return
        if self._clock.monotonic() >= self._not_before.get(device, 0.0):
            self._due[device] = None
            if self._wake is not None:
                self._wake.set()

    def _is_full(self, device: int) -> bool:
        """Enough rows for a block; of fast ones several, as each sealing writes the bucket it is in once more."""
        rows, enough = self._hot.rows(device), threshold(device)
        return rows >= enough and (rows >= BLOCKS_OF_FAST * enough or self._hot.span_us(device) >= FINE_US)

    async def _run(self) -> None:
        assert self._wake is not None
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self.seal()
            except StorageFailure as error:
                log.warning("sealing has to wait: %s", error)
            except Exception:
                log.exception("sealing failed; it will be tried again")

    async def seal(self, *, everything: bool = False) -> None:
        """Seal the devices that are due (all with `everything`), one after the other."""
        async with self.quiet:
            if everything or self.journal.bytes > JOURNAL_BYTES:
                due = self._hot.devices()
            else:
                due = list({**self._due, **dict.fromkeys(self._hot.older_than(self._clock.monotonic() - OLDEST_S))})
            self._due.clear()
            if self._database.writer.health is not None and not everything:
                return
            if due and self.days_zone is None:
                await self._rezone(self.zone)
            failures = [failure for device in due if (failure := await self._try_to_seal(device)) is not None]
            if due:
                await self._trim_journal()
            if everything and failures:
                raise failures[0]

    async def expire(
        self,
        series: int,
        raw_from: int,
        raw_before: int | None,
        fine_before: int | None,
        days_before: int | None,
    ) -> int | None:
        """Drop what is older; return where raw samples begin now, None if that did not change."""
        moved = None
        async with self.quiet:
            if raw_before is not None and (border := raw_border(self.zone, raw_before)) > raw_from:
                device, counter = self._device_of[series], self._is_counter(series)
                await self._seal_device(device)
                await self._carry_out(partial(expire_raw, series=series, device=device, border=border, counter=counter))
                moved = raw_from = border
            if fine_before is not None:
                before = min(fine_before, raw_from)
                await self._carry_out(partial(expire_tier, series=series, tier=FINE, before=before))
            if days_before is not None:
                await self._carry_out(partial(expire_tier, series=series, tier=DAYS, before=days_before))
        return moved

    async def delete(self, series: int) -> None:
        """Delete all data of a series."""
        async with self.quiet:
            device = self._device_of[series]
            upto = self._hot.hide(device, series)
            await self._carry_out(partial(delete_series, series=series, device=device, upto=upto))

    async def set_zone(self, zone: str) -> None:
        """Fold all days again for `zone`. Raises InvalidInput."""
        bucket_of(zone, Period.DAY, self._clock.now())
        async with self.quiet:
            await self._rezone(zone)

    async def _rezone(self, zone: str) -> None:
        await self._database.write(remember("days_zone", ""))
        self.days_zone = None
        self.zone = zone
        for row in await self._database.read(lambda c: c.execute(sa.select(series_state)).all()):
            if row.last_t is not None:
                await self._carry_out(
                    partial(
                        rebuild_days,
                        series=row.series,
                        zone=zone,
                        counter=self._is_counter(row.series),
                        last_t=row.last_t,
                        raw_from=row.raw_from,
                    )
                )
        await self._database.write(remember("days_zone", zone))
        self.days_zone = zone

    async def _carry_out(self, plan: Callable[[sa.Connection], Iterable[Step]]) -> None:
        """Plan in a worker, then one transaction per step."""

        def planned(connection: sa.Connection) -> list[Step]:
            return list(plan(connection))

        steps = await asyncio.get_running_loop().run_in_executor(self._workers, self._database.read_now, planned)
        for step in steps:
            await self._database.write(step)

    async def _try_to_seal(self, device: int) -> Exception | None:
        """Seal a device; one that cannot be sealed stays hot and must not stop the others."""
        try:
            await self._seal_device(device)
        except StorageFailure:
            raise
        except Exception as error:
            log.exception("device %d cannot be sealed; its samples stay in the journal", device)
            self._not_before[device] = self._clock.monotonic() + AGAIN_AFTER_S
            self._failed_seals += 1
            return error
        return None

    async def _seal_device(self, device: int) -> None:
        snapshot = self._hot.snapshot(device)
        if snapshot is None:
            return
        loop = asyncio.get_running_loop()
        pieces = await loop.run_in_executor(self._workers, self._plan, snapshot)
        for piece in pieces:
            began = time.monotonic()
            await self._database.write(partial(piece.write, snapshot.device, snapshot.upto))
            self._longest_piece_s = max(self._longest_piece_s, time.monotonic() - began)
            self._hot.sealed(device, [plan.series for plan in piece.plans], snapshot.end)
            self._sealed_blocks += sum(len(plan.blocks) for plan in piece.plans)
        self._hot.drop(device, snapshot.end, snapshot.upto)
        self._sealed_samples += len(snapshot.values)
        self._touched(device)

    def _plan(self, snapshot: Snapshot) -> list[Piece]:
        """In a worker thread: read, merge, encode."""

        # A sum of values at the edge of what a float holds is infinite, and shown so.
        @np.errstate(over="ignore", invalid="ignore")
        def plan(connection: sa.Connection) -> list[Piece]:
            sealing = Sealing(connection, snapshot.device, self._ids, self.zone, self._habits)
            pieces = sealing.of_snapshot(snapshot, self._is_counter)
            self._expired_samples += sealing.expired
            return pieces

        return self._database.read_now(plan)

    def _is_counter(self, series: int) -> bool:
        return self._kinds.get(series) is Kind.COUNTER

    async def _trim_journal(self) -> None:
        """Delete the records nobody needs, always from the oldest on."""
        end = min(self._hot.first_needed(), self.announced_upto + 1, *(holder() for holder in self.holders))
        while (low := self.journal.lowest) is not None and low < end:
            upto = min(end, low + DELETE_RECORDS)
            marks = [{"device": device, "data": self._marks[device].to_bytes()} for device in self._marked]
            self._marked.clear()
            await self._database.write(trim_journal(upto, self._clock.now(), marks))
            self.journal.trim(upto)

    def stats(self) -> dict[str, float]:
        return {
            "sealed_samples": self._sealed_samples,
            "sealed_blocks": self._sealed_blocks,
            "longest_piece_s": self._longest_piece_s,
            "expired_samples": self._expired_samples,
            "failed_seals": self._failed_seals,
        }


def threshold(device: int) -> int:
    """Rows at which a device is sealed: spread over half a block, so that not all devices seal at once."""
    return BLOCK_LEAST + (device * 2654435761 >> 7) % (BLOCK_MOST - BLOCK_LEAST)
