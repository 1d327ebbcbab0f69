"""What is particular to SQLite: pragmas, checkpoints, giving room back, the lock and the ballast."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.database.ballast import Ballast
from ohmstead.database.errors import StartupError
from ohmstead.database.lock import FolderLock
from ohmstead.database.schema import APPLICATION_ID

READERS: Final = 3
PAGE_BYTES: Final = 4096
# A checkpoint copies each page once however often the log holds it, so a longer log writes less in all;
# it also is a pause of the writer, so it must not be too long.
CHECKPOINT_AT_BYTES: Final = 16 << 20
# In a quiet moment it comes earlier, but not for a few pages: a card would write the same page again and again.
CHECKPOINT_WHEN_IDLE_BYTES: Final = 4 << 20
# Free pages beyond this are given back to the file system; what is kept the journal soon uses again.
FREE_PAGES_KEPT: Final = 128
FREE_SHARE_KEPT: Final = 0.03
VACUUM_PIECE_PAGES: Final = 256

_COMMON: Final = (
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA busy_timeout=5000",
)


class Sqlite:
    """One database file. `lock()` first, then the connections."""

    is_postgresql = False

    def __init__(self, url: sa.URL) -> None:
        if not url.database or url.database == ":memory:":
            raise StartupError("the database needs a file; give sqlite:////folder/ohmstead.db")
        self.path = Path(url.database)
        self.ballast = Ballast(self.path.with_name("ballast"))
        self._url = url
        self._index = -1
        self._lock: FolderLock | None = None
        self._writer_engine: sa.Engine | None = None
        self.reader_engine = self._engine(READERS, "BEGIN", cache_kib=2048, extra=("PRAGMA query_only=ON",))

    def _engine(self, size: int, begin: str, *, cache_kib: int, extra: tuple[str, ...] = ()) -> sa.Engine:
        engine = sa.create_engine(
            self._url,
            pool_size=size,
            max_overflow=0,
            poolclass=sa.pool.QueuePool,
            # None: the driver never opens a transaction by itself; the event below does.
            connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 256},
        )

        @sa.event.listens_for(engine, "connect")
        def _connected(connection: sqlite3.Connection, record: Any) -> None:
            for pragma in (*_COMMON, f"PRAGMA cache_size=-{cache_kib}", *extra):
                connection.execute(pragma)

        @sa.event.listens_for(engine, "begin")
        def _begun(connection: sa.Connection) -> None:
            raw: Any = connection.connection.dbapi_connection
            if not raw.in_transaction:
                raw.execute(begin)

        return engine

    def lock(self) -> None:
        """Take the one-writer lock and see that the file is ours. Raises StartupError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartupError(f"cannot make the folder {self.path.parent}: {error.strerror}") from error
        self._lock = FolderLock(self.path.with_name(self.path.name + ".lock"))
        try:
            self._examine()
        except BaseException:
            self.unlock()
            raise

    def _examine(self) -> None:
        fresh = not self.path.exists() or self.path.stat().st_size == 0
        if not fresh and not os.access(self.path, os.W_OK):
            raise StartupError(f"{self.path} is read-only for this user; mend its owner or its mode")
        try:
            connection = sqlite3.connect(self.path, isolation_level=None)
            try:
                if fresh:
                    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
                    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
                    connection.execute("PRAGMA journal_mode=WAL")
                    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                found = connection.execute("PRAGMA application_id").fetchone()[0]
                if found != APPLICATION_ID:
                    raise StartupError(
                        f"{self.path} belongs to another program (application id {found:#x}); choose another file"
                    )
                if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StartupError(f"cannot use {self.path}: {error}") from error

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def connect_writer(self) -> sa.Connection:
        """Open the one write connection."""
        if self._writer_engine is None:
            self._writer_engine = self._engine(1, "BEGIN IMMEDIATE", cache_kib=8192)
        return self._writer_engine.connect()

    def begin(self, raw: Any) -> None:
        raw.execute("BEGIN IMMEDIATE")

    def log_bytes(self) -> int:
        """Return how much of the log is not copied into the file yet.

        Read from the WAL index (sqlite.org/walformat.html: mxFrame at 16, nBackfill at 96): asking SQLite
        itself would make the checkpoint.
        """
        try:
            if self._index < 0:
                self._index = os.open(self.path.with_name(self.path.name + "-shm"), os.O_RDONLY | os.O_CLOEXEC)
            head = os.pread(self._index, 100, 0)
        except OSError:
            return 0
        if len(head) < 100:
            return 0
        frames = int.from_bytes(head[16:20], sys.byteorder) - int.from_bytes(head[96:100], sys.byteorder)
        return frames * PAGE_BYTES

    def checkpoint(self, raw: Any, *, truncate: bool = False) -> None:
        """Copy the log into the file. Readers in the way only make it incomplete; the next one goes on."""
        try:
            raw.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'PASSIVE'})").fetchone()
        except sqlite3.OperationalError as error:
            # A closure's result is still being read over this connection: the next checkpoint will do.
            if error.sqlite_errorcode not in (sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_BUSY):
                raise

    def give_room_back(self, raw: Any) -> bool:
        """Return a piece of the free pages to the file system; True while there is more to give."""
        free = raw.execute("PRAGMA freelist_count").fetchone()[0]
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        spare = free - max(FREE_PAGES_KEPT, int(pages * FREE_SHARE_KEPT))
        if spare <= 0:
            return False
        raw.execute(f"PRAGMA incremental_vacuum({min(VACUUM_PIECE_PAGES, spare)})").fetchall()
        return bool(spare > VACUUM_PIECE_PAGES)

    def close(self) -> None:
        self.reader_engine.dispose()
        if self._writer_engine is not None:
            self._writer_engine.dispose()
            self._writer_engine = None
        if self._index >= 0:
            os.close(self._index)
            self._index = -1
        self.unlock()
