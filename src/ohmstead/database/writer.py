"""The one writer: every write of the process, in groups, each group one transaction.

The thread takes everything that waits as one group, runs the closures in order of their tickets, lets the recorder
write one record for all that was appended, commits, and tells the event loop once per group. What arrives meanwhile
is the next group, so a busy server commits large groups and an idle one commits at once.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from queue import Empty
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.database.errors import (
    ServerAway,
    StorageFailure,
    is_driver_error,
    translated,
)
from ohmstead.database.group import Append, Group, Put, Write
from ohmstead.database.handover import HandOver
from ohmstead.database.recorder import Recorder
from ohmstead.database.sqlite import CHECKPOINT_AT_BYTES
from ohmstead.database.write_connection import Backend, WriteConnection

log = logging.getLogger(__name__)

# One group never holds more samples, so that a long queue does not become one long transaction.
GROUP_SAMPLES: Final = 200_000
# Above this many waiting samples the doors stop reading: about a second of work, 60 MB of Python lists at worst.
FULL_AT_SAMPLES: Final = 400_000
# With a commit window, this much waiting data is written without waiting any longer.
WINDOW_BYTES: Final = 256 << 10
SAMPLE_BYTES: Final = 16
# After this long without work the log is copied into the file and free pages are given back, piece by piece.
IDLE_S: Final = 2.0
BETWEEN_PIECES_S: Final = 0.02
# Around each closure, by the driver itself: SQLAlchemy's own costs as much as the statement it protects.
SAVEPOINT: Final = "closure"
# Stopping may take this long for it.
LAST_TIDY_S: Final = 1.5


class Writer:
    """`append`, `put` and `submit` are for the event-loop thread only; they return at once."""

    def __init__(self, backend: Backend, connection: sa.Connection, commit_window_ms: int = 0) -> None:
        self._backend = backend
        self._held = WriteConnection(
            backend, connection, lambda reason: self._tell(self._settle_health, reason), self._reconnected
        )
        self._window_s = commit_window_ms / 1000
        self._work = HandOver()
        self._ticket = 0
        self._closed = 0  # what came before the last submitted closure may not grow any more
        self._accepted = 0  # samples taken so far, loop thread
        self._finished = 0  # samples committed or failed so far, loop thread
        self._on_commit: list[Callable[[int], None]] = []
        self._on_failure: list[Callable[[int, int, Exception], None]] = []
        self._on_health: list[Callable[[str | None], None]] = []
        self._recorder: Recorder | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.full = False  # doors must stop reading (or answer 503) until this is False again
        self.groups = 0
        self.failed_groups = 0
        self.longest_group_s = 0.0

    # ── the event loop's side ────────────────────────────────────────────────────────────────────────────────

    @property
    def health(self) -> str | None:
        """Why nothing can be written; None while all is well."""
        return self._held.health

    @property
    def pending(self) -> int:
        """Samples that wait for their commit."""
        return self._accepted - self._finished

    def on_commit(self, callback: Callable[[int], None]) -> None:
        """`callback(ticket)`: everything up to `ticket` is on disk, save what on_failure named. Tickets rise."""
        self._on_commit.append(callback)

    def on_failure(self, callback: Callable[[int, int, Exception], None]) -> None:
        """`callback(first, last, error)`: nothing of these tickets was stored."""
        self._on_failure.append(callback)

    def on_health(self, callback: Callable[[str | None], None]) -> None:
        """`callback(reason)` in the loop when writing fails, `callback(None)` when it works again."""
        self._on_health.append(callback)

    def attach(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def append(self, item: Any, samples: int) -> int:
        """Hand `item` to the recorder as part of the next group; return its ticket."""
        self._ticket += 1
        self._count(samples)
        self._work.add(Append(self._ticket, samples, item), later=False)
        return self._ticket

    def grow(self, ticket: int, samples: int) -> bool:
        """Add `samples` to those of the item of `ticket`; False if it is too late for that.

        It is once the thread has it, and once a closure was submitted after it: that may succeed where samples fail,
        and who waits for the later of two tickets must not be told that both are stored.
        """
        work = self._work.held(ticket)
        if ticket <= self._closed or not isinstance(work, Append):
            return False
        work.samples += samples
        self._count(samples)
        return True

    def _count(self, samples: int) -> None:
        self._accepted += samples
        if self._accepted - self._finished >= FULL_AT_SAMPLES:
            self.full = True

    def put(self, fn: Callable[[sa.Connection], None], *, later: bool = False) -> int:
        """Run `fn` in the next group, before its samples. If it raises, the whole group fails.

        `later`: no commit is made for it alone within a moment, so that it delays no sample by one.
        """
        self._ticket += 1
        self._work.add(Put(self._ticket, fn), later=later)
        return self._ticket

    def submit(self, fn: Callable[[sa.Connection], Any], *, later: bool = False) -> "asyncio.Future[Any]":
        """Run `fn` in its own savepoint of the next group; the future resolves after the COMMIT. `later` as above."""
        assert self._loop is not None, "the writer is not started"
        self._ticket += 1
        self._closed = self._ticket
        future = self._loop.create_future()
        self._work.add(Write(self._ticket, fn, future), later=later)
        return future

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()
        self._work.start(loop)

    async def stop(self) -> None:
        """Commit and acknowledge everything accepted, then end the thread and close its connection."""
        if self._thread is None:
            self._held.disconnect()
            return
        assert self._loop is not None
        self._work.end()
        await self._loop.run_in_executor(None, self._thread.join)
        self._thread = None

    # ── the thread ───────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        stop = False
        patience: float | None = IDLE_S
        while not stop:
            self._held.recover()
            group = self._next_group(patience if self.health is None else self._held.until_retry())
            if group is None:
                patience = BETWEEN_PIECES_S if self._held.idle() else None
                continue
            stop, patience = group.stop, IDLE_S
            for part in group.parts(samples_refused=self._held.refuses_samples):
                self._commit(part)
            if self._backend.log_bytes() >= CHECKPOINT_AT_BYTES:
                self._held.checkpoint()
        until = time.monotonic() + LAST_TIDY_S
        while self.health is None and time.monotonic() < until and self._held.idle():
            pass
        self._held.checkpoint(truncate=True)
        self._held.disconnect()

    def _next_group(self, patience: float | None) -> Group | None:
        """Everything that waits, at most GROUP_SAMPLES; None after `patience` seconds of nothing."""
        group = Group()
        try:
            group.extend(self._work.get(patience))
            if self._window_s and self.health is None:
                self._gather(group)
            while group.samples < GROUP_SAMPLES and not group.stop:
                group.extend(self._work.get(block=False))
        except Empty:
            pass
        return group if group.work or group.stop else None

    def _gather(self, group: Group) -> None:
        """Wait out the commit window, unless much data or somebody waits."""
        until = time.monotonic() + self._window_s
        while not (group.stop or group.awaited or group.samples * SAMPLE_BYTES >= WINDOW_BYTES):
            left = until - time.monotonic()
            if left <= 0:
                return
            group.extend(self._work.get(left))

    def _commit(self, group: Group) -> None:
        began = time.monotonic()
        items = group.items
        in_commit = False
        try:
            raw = self._held.raw
            if items and self._held.refuses_samples:
                raise StorageFailure(self.health)
            connection = self._held.current
            assert connection is not None
            self._backend.begin(raw)
            if len(items) < len(group.work):
                self._run_closures(connection, group)
            if items:
                assert self._recorder is not None
                self._recorder.record(connection, raw.cursor(), items)
            in_commit = True
            if connection.in_transaction():
                connection.commit()
            else:
                raw.commit()
        except Exception as error:
            if in_commit and items and self._recorder is not None and self._backend.is_postgresql:
                self._recorder.doubtful(items)
            self._failed(group, error)
            return
        if items:
            assert self._recorder is not None
            self._recorder.committed(items)
        self.groups += 1
        self.longest_group_s = max(self.longest_group_s, time.monotonic() - began)
        self._tell(self._settle, group, items)

    def _run_closures(self, connection: sa.Connection, group: Group) -> None:
        for work in group.work:
            if isinstance(work, Put):
                work.fn(connection)
            elif isinstance(work, Write):
                raw = self._held.raw
                raw.execute(f"SAVEPOINT {SAVEPOINT}")
                try:
                    work.result = work.fn(connection)
                    raw.execute(f"RELEASE SAVEPOINT {SAVEPOINT}")
                except Exception as error:
                    if self._held.fatal(connection, error):
                        raise  # the whole transaction is gone already, the savepoint with it
                    raw.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
                    raw.execute(f"RELEASE SAVEPOINT {SAVEPOINT}")
                    work.error = translated(error)

    def _failed(self, group: Group, error: Exception) -> None:
        self.failed_groups += 1
        mine = self._held.roll_back(error)
        if self.health is None:
            if is_driver_error(error):
                self._held.sick(mine)
            log.error("a group of %d writes was not stored: %s", len(group.work), mine)
        elif isinstance(mine, ServerAway):
            self._held.disconnect()
        self._tell(self._settle_failure, group, mine)

    def _reconnected(self, connection: sa.Connection) -> None:
        if self._recorder is not None:
            self._recorder.reconnected(connection)

    # ── back in the event loop ───────────────────────────────────────────────────────────────────────────────

    def _tell(self, fn: Callable[..., None], *args: Any) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(fn, *args)
        except RuntimeError:
            log.debug("the event loop is gone; nobody hears of this group")

    def _settle(self, group: Group, items: list[Any]) -> None:
        self._finished += group.samples
        self.full = self.pending >= FULL_AT_SAMPLES
        if items:
            assert self._recorder is not None
            self._recorder.announce(items)
        for callback in self._on_commit:
            callback(group.work[-1].ticket)
        for work in group.work:
            if isinstance(work, Write) and not work.future.done():
                if work.error is not None:
                    work.future.set_exception(work.error)
                else:
                    work.future.set_result(work.result)

    def _settle_health(self, reason: str | None) -> None:
        for callback in self._on_health:
            callback(reason)

    def _settle_failure(self, group: Group, error: Exception) -> None:
        self._finished += group.samples
        self.full = self.pending >= FULL_AT_SAMPLES
        for callback in self._on_failure:
            callback(group.work[0].ticket, group.work[-1].ticket, error)
        for work in group.work:
            if isinstance(work, Write) and not work.future.done():
                work.future.set_exception(error)
