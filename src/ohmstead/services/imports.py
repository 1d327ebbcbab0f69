"""Moving in: files are received in pieces, looked at, and read into the store; what is cut off goes on later."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from typing import Final

import structlog

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, DomainError, InvalidInput, NotFound, TooLarge, Unavailable
from ohmstead.domain.identity import is_legal
from ohmstead.domain.telemetry import DAY
from ohmstead.importing.detecting import HEAD_BYTES, Detected
from ohmstead.runtime.clock import Clock
from ohmstead.services import import_reading as reading
from ohmstead.services.audit import Audit
from ohmstead.services.import_jobs import ENDED, Job, JobState, Kind, Options, Spool
from ohmstead.services.import_running import ImportRunner
from ohmstead.services.registry import Registry

log = structlog.get_logger(__name__)

SPARE_BYTES: Final = 256 << 20  # left free on the disk for everything else
MOST_JOBS: Final = 100
KEPT_US: Final = 7 * DAY  # an unfinished file waits for its person
WRITE_BYTES: Final = 1 << 20


class Imports:
    """Jobs by id. One is read at a time; receiving is free beside it. Event-loop only."""

    def __init__(
        self,
        runner: ImportRunner,
        spool: Spool,
        registry: Registry,
        audit: Audit,
        clock: Clock,
        most_bytes: int,
    ) -> None:
        self._runner = runner
        self._spool = spool
        self._registry = registry
        self._audit = audit
        self._clock = clock
        self._most_bytes = most_bytes
        self._jobs: dict[str, Job] = {}
        self._receiving: set[str] = set()
        self._wanted = asyncio.Event()

    async def load(self) -> None:
        """Find what was begun before; what was running goes on by itself."""
        for job in await asyncio.to_thread(self._spool.load):
            self._jobs[job.id] = job
        self._forget_abandoned()
        if any(job.state is JobState.RUNNING for job in self._jobs.values()):
            self._wanted.set()

    # Jobs

    def all(self, who: Principal) -> list[Job]:
        """Newest first."""
        who.require(Permission.DEVICES_EDIT)
        return list(self._jobs.values())[::-1]

    def get(self, who: Principal, job_id: str) -> Job:
        who.require(Permission.DEVICES_EDIT)
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFound("there is no such import")
        return job

    def received(self, job: Job) -> int:
        return job.size if job.state is not JobState.RECEIVING else self._spool.received(job.id)

    async def begin(
        self,
        who: Principal,
        kind: Kind,
        name: str,
        size: int,
        options: Options,
        sha256: str | None = None,
        modified_at: int | None = None,
    ) -> tuple[Job, bool]:
        """A job that waits for its file, and whether it is new; an unfinished one for the same file is found again.

        Raises TooLarge, Unavailable when the disk has no room.
        """
        who.require(Permission.DEVICES_EDIT)
        job = Job(
            secrets.token_hex(8), kind, name[:255], size, options, who.name, self._clock.now(), sha256, modified_at
        )
        for known in self._jobs.values():
            if known.state not in ENDED and known.same_file(job):
                return known, False
        if size > self._most_bytes:
            raise TooLarge(f"a file may have {self._most_bytes} bytes, this one has {size}; see max_import_bytes")
        if size == 0:
            raise InvalidInput("the file is empty")
        self._check_device(who, job)
        self._spool.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._spool.folder).free
        if free < size + size // 4 + SPARE_BYTES:
            raise Unavailable(f"the disk has {free >> 20} MB left, too little for {size >> 20} MB more", 60)
        self._forget_oldest()
        self._jobs[job.id] = job
        await self._runner.save(job)
        return job, True

    def _check_device(self, who: Principal, job: Job) -> None:
        """Raises InvalidInput or NotFound at once rather than after the upload."""
        serial = job.options.device
        if serial is None:
            if job.kind == "csv":
                raise InvalidInput("say which device the file belongs to")
            return
        if not is_legal(serial):
            raise InvalidInput("a serial has 1–64 letters, digits or . _ : -")
        known = self._registry.by_serial.get(serial)
        if known is not None:
            who.require_sight(known.device.id, claimed=known.device.claimed)

    def _forget_abandoned(self) -> None:
        """Files that nobody came back for must not fill the disk."""
        limit = self._clock.now() - KEPT_US
        for job in list(self._jobs.values()):
            if job.state in (JobState.RECEIVING, JobState.READY, JobState.FAILED) and job.created_at < limit:
                del self._jobs[job.id]
                self._spool.drop(job.id)

    def _forget_oldest(self) -> None:
        self._forget_abandoned()
        ended = [job for job in self._jobs.values() if job.state in ENDED]
        for job in ended[: max(0, len(self._jobs) - MOST_JOBS + 1)]:
            del self._jobs[job.id]
            self._spool.drop(job.id)
        if len(self._jobs) >= MOST_JOBS:
            raise Conflict(f"{MOST_JOBS} imports are unfinished: cancel some first")

    async def receive(self, who: Principal, job_id: str, offset: int, body: AsyncIterator[bytes]) -> Job:
        """Append bytes to the file. `offset` must be what was received so far; what arrives before the sender breaks
        off is kept. Raises Conflict naming the offset to go on from."""
        job = self.get(who, job_id)
        if job.state is not JobState.RECEIVING:
            raise Conflict(f"this import is {job.state}: it takes no more bytes")
        if job_id in self._receiving:
            raise Conflict("another upload of this file is going on")
        have = self._spool.received(job_id)
        if offset != have:
            raise Conflict(f"go on from offset {have}, not {offset}")
        self._receiving.add(job_id)
        try:
            await self._append(job, have, body)
        finally:
            self._receiving.discard(job_id)
        if self._spool.received(job_id) == job.size and job.state is JobState.RECEIVING:
            job.move(JobState.READY)
            await self._runner.save(job)
        return job

    async def _append(self, job: Job, have: int, body: AsyncIterator[bytes]) -> None:
        with self._spool.content(job.id).open("ab") as file:
            waiting = bytearray()
            try:
                async for data in body:
                    if have + len(waiting) + len(data) > job.size:
                        raise TooLarge(f"more bytes than the {job.size} announced")
                    waiting += data
                    if len(waiting) >= WRITE_BYTES:
                        have += len(waiting)
                        await asyncio.to_thread(file.write, bytes(waiting))
                        waiting.clear()
            except OSError as error:
                raise Unavailable(f"the file cannot be kept: {error.strerror}", 30) from error
            finally:
                file.write(waiting)

    async def preview(self, who: Principal, job_id: str, options: Options | None = None) -> Detected:
        """What the part received so far looks like. Raises UnusableFile."""
        job = self.get(who, job_id)
        if job.kind != "csv":
            raise InvalidInput("only imports of kind csv have a preview")
        if not self._spool.content(job_id).exists():
            raise InvalidInput("nothing of the file has arrived yet")
        if job.state is JobState.RECEIVING:
            head = await asyncio.to_thread(self._spool.head, job_id, HEAD_BYTES)
            return reading.look(head, options or job.options)
        return await asyncio.to_thread(reading.preview, self._spool.content(job_id), options or job.options)

    def look(self, who: Principal, head: bytes, options: Options) -> Detected:
        """The same for the first bytes of a file that is not here."""
        who.require(Permission.DEVICES_EDIT)
        return reading.look(head, options)

    async def start(self, who: Principal, job_id: str, options: Options | None = None) -> Job:
        """Read the file, after those started before. Raises Conflict while it is not whole."""
        job = self.get(who, job_id)
        if job.state is JobState.RUNNING:
            return job
        if job.state is JobState.RECEIVING:
            raise Conflict(f"{self.received(job)} of {job.size} bytes are here; send the rest first")
        if options is not None and options != job.options:
            job.options = options
            job.position, job.reader_state = 0, {}
        self._check_device(who, job)
        job.move(JobState.RUNNING)
        job.error = None
        await self._runner.save(job)
        await self._audit.record(who.name, "import.start", job.name, job.kind)
        self._wanted.set()
        return job

    async def cancel(self, who: Principal, job_id: str) -> Job:
        """Stop; the file goes, samples that are stored stay."""
        job = self.get(who, job_id)
        job.move(JobState.CANCELLED)
        job.finished_at = self._clock.now()
        await self._runner.save(job)
        await asyncio.to_thread(self._spool.drop_content, job_id)
        await self._audit.record(who.name, "import.cancel", job.name, job.kind)
        return job

    # Reading

    async def work(self) -> None:
        """Run started jobs one after the other, for ever."""
        while True:
            await self._wanted.wait()
            job = next((job for job in self._jobs.values() if job.state is JobState.RUNNING), None)
            if job is None:
                self._wanted.clear()
                continue
            try:
                await self._runner.run(job)
            except DomainError as error:
                await self._fail(job, str(error))
            except Exception as error:
                if job.state is not JobState.RUNNING:
                    continue  # cancelled: its file went while it was opened or read
                log.exception("an import failed", name=job.name)
                await self._fail(job, f"it cannot be read: {error}")

    async def _fail(self, job: Job, reason: str) -> None:
        if job.state is JobState.RUNNING:
            job.move(JobState.FAILED)
            job.error = reason
            await self._runner.save(job)
            log.warning("an import failed", name=job.name, reason=reason)
