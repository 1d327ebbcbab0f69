"""The database as everyone else sees it: `read` and `write` closures over a connection."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa

from ohmstead.database.errors import StartupError, ours
from ohmstead.database.postgresql import Postgresql
from ohmstead.database.sqlite import READERS, Sqlite
from ohmstead.database.versions import prepare_schema
from ohmstead.database.write_connection import Backend
from ohmstead.database.writer import Writer
from ohmstead.runtime.clock import Clock, SystemClock

T = TypeVar("T")


class Database:
    """One per process. `open`, then `start` once the event loop runs, `close` at the end."""

    def __init__(self, backend: Backend, writer: Writer, clock: Clock) -> None:
        self.backend = backend
        self.writer = writer
        self.clock = clock
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")

    @classmethod
    def open(
        cls, url: str, *, metadata: sa.MetaData, commit_window_ms: int = 0, clock: Clock | None = None
    ) -> "Database":
        """Take the one-writer lock, create or migrate the schema, and return the database, not started yet.

        Raises StartupError (one line, with the mend) when another process serves the same data, the database
        is newer than this program or another program's, the folder is read-only, or the server is away.
        """
        backend = backend_for(url)
        connection = None
        try:
            backend.lock()
            connection = backend.connect_writer()
            prepare_schema(connection, metadata)
            if backend.ballast is not None:
                backend.ballast.load()
        except BaseException as error:
            if connection is not None:
                connection.close()
            backend.close()
            if isinstance(error, sa.exc.SQLAlchemyError | OSError):
                raise StartupError(f"cannot prepare the database: {error}") from error
            raise
        return cls(backend, Writer(backend, connection, commit_window_ms), clock or SystemClock())

    @property
    def is_postgresql(self) -> bool:
        return self.backend.is_postgresql

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the writer's thread; its callbacks run in `loop`."""
        self.writer.start(loop)

    async def close(self) -> None:
        """Commit and acknowledge everything accepted, then release the files and the lock."""
        await self.writer.stop()
        self._readers.shutdown()
        self.backend.close()

    async def read(self, fn: Callable[[sa.Connection], T]) -> T:
        """Run `fn` in a worker thread over a connection that sees one snapshot and cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, fn)

    def read_now(self, fn: Callable[[sa.Connection], T]) -> T:
        """The same in the calling thread, which must not be the event loop's."""
        with ours(), self.backend.reader_engine.connect() as connection:
            return fn(connection)

    async def write(self, fn: Callable[[sa.Connection], T], *, later: bool = False) -> T:
        """Run `fn` in the writer's next group; return its result after the COMMIT.

        `fn` runs in its own savepoint: when it raises, only its own changes are undone and its error comes out here.
        `later`: it can wait a moment for samples to travel with.
        """
        result: T = await self.writer.submit(fn, later=later)
        return result


def backend_for(url: str) -> Backend:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StartupError(f"not a database URL: {url!r}; write sqlite:////folder/ohmstead.db") from error
    if parsed.get_backend_name() == "sqlite":
        return Sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return Postgresql(parsed if "+" in parsed.drivername else parsed.set(drivername="postgresql+psycopg"))
    raise StartupError(f"no support for {parsed.get_backend_name()} databases; use sqlite or postgresql")
