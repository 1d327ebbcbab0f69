"""Reading one file into the store: position and counts follow what is committed."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ohmstead.database import Database
from ohmstead.domain.device import DeviceState
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from ohmstead.importing.chunks import Chunk, Reader
from ohmstead.importing.day_plan import DayPlan
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services import import_reading as reading
from ohmstead.services.import_jobs import Job, JobState, Spool
from ohmstead.services.import_writing import ChunkWriter, Written
from ohmstead.services.registry import Known, Registry
from ohmstead.services.sites import Sites
from ohmstead.services.tickets import Tickets
from ohmstead.storage import notes

log = structlog.get_logger(__name__)

IN_FLIGHT: Final = 3  # chunks handed to the writer and not yet committed
# Above these the store has to seal first, or journal and memory would grow with the file.
JOURNAL_BYTES: Final = 160 << 20
HOT_SAMPLES: Final = 2_000_000
SAVE_EVERY_S: Final = 1.0
RETRY_S: Final = 2.0
MOST_PLANS: Final = 20


class ImportRunner:
    """Event-loop only; parsing happens in a worker thread."""

    def __init__(
        self,
        database: Database,
        series: SeriesStore,
        registry: Registry,
        tickets: Tickets,
        sites: Sites,
        clock: Clock,
        spool: Spool,
        logger_zone: str,
    ) -> None:
        self._database = database
        self._series = series
        self._registry = registry
        self._tickets = tickets
        self._sites = sites
        self._clock = clock
        self._spool = spool
        self._logger_zone = logger_zone

    async def save(self, job: Job) -> None:
        """Keep the job's record. On a full disk it is kept in memory only: a restart then does some work again."""
        try:
            await asyncio.to_thread(self._spool.save, job.id, msgspec.json.encode(job))
        except OSError as error:
            log.warning("the record of an import was not kept", name=job.name, reason=error.strerror)

    async def run(self, job: Job) -> None:
        """Bring a running job to its end, or to where it was cancelled. Raises DomainError when it cannot go on."""
        path = self._spool.content(job.id)
        known = self._device_of(job)
        zone = job.options.zone or (self._logger_zone if job.kind == "current-logger" else self._sites.default.zone)
        plan = await self._plan(job, path, zone, known) if job.kind == "current-logger" and known else None
        reader = await asyncio.to_thread(reading.open_reader, job, path, zone, plan)
        job.total = reader.total
        writer = ChunkWriter(
            self._registry,
            self._series,
            self._clock,
            reader.announced,
            None if known is None else known.device.serial,
            reading.DIALECTS[job.kind],
        )
        await self._transfer(job, reader, writer)
        if plan is not None and known is not None:
            await self._remember(known, replace(plan, done=max(plan.done, job.position)))
        if job.state is not JobState.RUNNING:
            return
        job.move(JobState.DONE)
        job.finished_at = self._clock.now()
        await self.save(job)
        await asyncio.to_thread(self._spool.drop_content, job.id)

    async def _transfer(self, job: Job, reader: Reader, writer: ChunkWriter) -> None:
        """Hand chunks to the store; the job's position follows what is committed."""
        chunks = reader.chunks(job.position, job.reader_state)
        in_flight: deque[tuple[Chunk, Written]] = deque()
        saved_at = time.monotonic()
        while job.state is JobState.RUNNING:
            chunk = await asyncio.to_thread(_next, chunks)
            if chunk is not None:
                await self._room()
                in_flight.append((chunk, writer.write(chunk)))
            while in_flight and (chunk is None or len(in_flight) >= IN_FLIGHT):
                await self._settle(job, writer, *in_flight.popleft())
            if time.monotonic() - saved_at > SAVE_EVERY_S:
                await self.save(job)
                saved_at = time.monotonic()
            if chunk is None:
                return

    async def _room(self) -> None:
        while True:
            stats = self._series.stats()
            if (
                not self._database.writer.full
                and stats["journal_bytes"] < JOURNAL_BYTES
                and stats["hot_samples"] < HOT_SAMPLES
            ):
                return
            await asyncio.sleep(0.02)

    async def _settle(self, job: Job, writer: ChunkWriter, chunk: Chunk, written: Written) -> None:
        """Wait for the commit of a chunk, sending it again as long as the store cannot take it."""
        while True:
            try:
                await self._tickets.committed(written.ticket)
                break
            except Unavailable as error:
                job.error = f"waiting: {error}"
                await asyncio.sleep(RETRY_S)
                written = writer.write(chunk)
        job.error = None
        job.position, job.reader_state = chunk.position, chunk.state
        job.rows += chunk.rows
        job.accepted += written.samples
        job.duplicates += written.duplicates
        job.leave_out(written.faults)

    def _device_of(self, job: Job) -> Known | None:
        """The device a file belongs to, made when there is none; None for files that name devices themselves."""
        if job.kind == "meter-sqlite":
            return None
        if job.device is not None:
            with contextlib.suppress(NotFound):
                return self._registry.get(job.device)
        dialect = reading.DIALECTS[job.kind]
        serial = job.options.device
        if serial is None:
            same = [known for known in self._registry if known.device.dialect == dialect]
            if len(same) > 1:
                serials = ", ".join(known.device.serial for known in same)
                raise InvalidInput(f"several devices could be meant ({serials:.200}); say which")
            serial = same[0].device.serial if same else dialect
        known = self._registry.by_serial.get(serial)
        if known is None:
            known = self._registry.create(serial, serial, DeviceState.CLAIMED, dialect, self._clock.now())
        elif known.device.deleted_at is not None or known.device.state is DeviceState.REFUSED:
            raise Conflict(f"device {serial} was refused or deleted; bring it back first")
        job.device = known.device.id
        return known

    # Dates of current loggers' files, which have none themselves

    async def _plan(self, job: Job, path: Path, zone: str, known: Known) -> DayPlan:
        plans = await self._plans(known)
        plan = await asyncio.to_thread(reading.plan_days, job, path, zone, plans)
        await self._remember(known, plan)
        return plan

    async def _plans(self, known: Known) -> list[DayPlan]:
        told = await self._database.read(lambda c: notes.get(c, _note(known)))
        return [] if told is None else [DayPlan.from_json(one) for one in msgspec.json.decode(told)]

    async def _remember(self, known: Known, plan: DayPlan) -> None:
        plans = [one for one in await self._plans(known) if one.digest != plan.digest][-MOST_PLANS + 1 :]
        told = msgspec.json.encode([one.to_json() for one in (*plans, plan)]).decode()
        await self._database.write(lambda c: notes.put(c, _note(known), told))


def _note(known: Known) -> str:
    """Ids may be given again after a device is gone; with its birthday one means this very device."""
    return f"import.days.{known.device.id}.{known.device.created_at}"


def _next(chunks: Iterator[Chunk]) -> Chunk | None:
    return next(chunks, None)
