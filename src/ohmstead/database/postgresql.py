"""What is particular to PostgreSQL: the advisory lock and the isolation of readers."""

import time
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.database.errors import ServerAway, StartupError, translated

READERS: Final = 3
# "ohmstead" folded into 63 bits: one writer per database.
LOCK_KEY: Final = 0x6F686D7374656164
# The server notices a moment late that the process before this one is gone, and frees its lock only then.
LOCK_PATIENCE_S: Final = 3.0
LOCK_AGAIN_S: Final = 0.05


class Postgresql:
    """One database on a server. `lock()` first, then the connections."""

    is_postgresql = True
    ballast = None

    def __init__(self, url: sa.URL) -> None:
        url = url.update_query_dict(
            {"connect_timeout": url.query.get("connect_timeout", "5"), "application_name": "ohmstead"}
        )
        self._shown = url.render_as_string(hide_password=True)
        try:
            self._writer_engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
            self.reader_engine = sa.create_engine(
                url, pool_size=READERS, max_overflow=0, pool_pre_ping=True, isolation_level="REPEATABLE READ"
            )
        except (sa.exc.NoSuchModuleError, ImportError) as error:
            raise StartupError(f"no driver for {self._shown}: {error}") from error

    def lock(self) -> None:
        """See that the server answers. The lock itself lives in the write connection (connect_writer)."""
        try:
            self._writer_engine.connect().close()
        except sa.exc.SQLAlchemyError as error:
            raise StartupError(f"cannot reach {self._shown}: {translated(error)}") from error

    def connect_writer(self) -> sa.Connection:
        """Open the one write connection and take the lock. Raises StartupError when another process holds it."""
        try:
            connection = self._writer_engine.connect()
        except sa.exc.SQLAlchemyError as error:
            raise ServerAway(str(translated(error))) from error
        try:
            until = time.monotonic() + LOCK_PATIENCE_S
            while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK_KEY))):
                connection.rollback()
                if time.monotonic() >= until:
                    raise StartupError(f"another ohmstead serves {self._shown}; stop it or use another database")
                time.sleep(LOCK_AGAIN_S)
            connection.commit()
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self, raw: Any) -> None:
        """The driver opens the transaction with the first statement."""

    def log_bytes(self) -> int:
        return 0

    def checkpoint(self, raw: Any, *, truncate: bool = False) -> None:
        """The server's own business."""

    def give_room_back(self, raw: Any) -> bool:
        return False

    def unlock(self) -> None:
        """The lock goes with the write connection."""

    def close(self) -> None:
        self.reader_engine.dispose()
        self._writer_engine.dispose()
