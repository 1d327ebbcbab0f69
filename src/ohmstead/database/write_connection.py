"""The writer's one connection, and whether writing works: how it fails, waits and recovers. For the writer's thread."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.database.errors import DiskFull, ServerAway, StartupError, StorageFailure, translated
from ohmstead.database.postgresql import Postgresql
from ohmstead.database.sqlite import CHECKPOINT_WHEN_IDLE_BYTES, Sqlite

log = logging.getLogger(__name__)

Backend = Sqlite | Postgresql

FIRST_RETRY_S: Final = 0.25
LAST_RETRY_S: Final = 10.0


class WriteConnection:
    """`health` is why nothing can be written, None while all is well; `current` is None while the server is away.

    `on_health` is called in this thread when health changes; `on_reconnected` with each new connection.
    """

    def __init__(
        self,
        backend: Backend,
        connection: sa.Connection,
        on_health: Callable[[str | None], None],
        on_reconnected: Callable[[sa.Connection], None],
    ) -> None:
        self._backend = backend
        self.current: sa.Connection | None = connection
        self._on_health = on_health
        self._on_reconnected = on_reconnected
        self._retry_s = 0.0
        self._retry_at = 0.0
        self.health: str | None = None

    @property
    def raw(self) -> Any:
        """The driver's connection. Raises ServerAway."""
        if self.current is None:
            raise ServerAway(self.health or "no connection to the database")
        return self.current.connection.dbapi_connection

    @property
    def refuses_samples(self) -> bool:
        """What room is left on a full disk is for deletes, not for samples, until the ballast fits again."""
        return self.health is not None and self._backend.ballast is not None

    def until_retry(self) -> float:
        return max(0.0, self._retry_at - time.monotonic())

    def fatal(self, connection: sa.Connection, error: Exception) -> bool:
        """A full disk or a lost connection ends the whole group; a constraint only its own closure."""
        if isinstance(translated(error), DiskFull | ServerAway):
            return True
        raw: Any = connection.connection.dbapi_connection
        return not self._backend.is_postgresql and not raw.in_transaction

    def roll_back(self, error: Exception) -> Exception:
        """End the broken transaction; return what went wrong, in our words."""
        mine = translated(error)
        if self.current is not None:
            try:
                raw: Any = self.current.connection.dbapi_connection
                if self.current.in_transaction():
                    self.current.rollback()
                raw.rollback()
            except Exception as broken:
                if self._backend.is_postgresql:
                    mine = mine if isinstance(mine, ServerAway) else ServerAway(str(translated(broken)))
        return mine

    def sick(self, error: Exception) -> None:
        self.health = str(error)
        self._retry_s = FIRST_RETRY_S
        self._retry_at = time.monotonic() + self._retry_s
        log.error("the store cannot write: %s", error)
        self._on_health(self.health)
        if isinstance(error, ServerAway):
            self.disconnect()
        elif isinstance(error, DiskFull) and self._backend.ballast is not None:
            self._backend.ballast.release()

    def idle(self) -> bool:
        """Use a quiet moment. True while there is more to tidy up."""
        if self.health is not None:
            return True
        assert self.current is not None
        raw: Any = self.current.connection.dbapi_connection
        try:
            more = self._backend.give_room_back(raw)
            if self._backend.log_bytes() >= CHECKPOINT_WHEN_IDLE_BYTES:
                self._backend.checkpoint(raw)
        except Exception as error:
            self.sick(translated(error))
            return True
        return more

    def recover(self) -> None:
        """If it is time to, try whether writing works again; wait twice as long before the next try if not."""
        if self.health is None or time.monotonic() < self._retry_at:
            return
        self._retry_s = min(LAST_RETRY_S, self._retry_s * 2)
        self._retry_at = time.monotonic() + self._retry_s
        try:
            if self.current is None:
                self.current = self._backend.connect_writer()
                self._on_reconnected(self.current)
                self.current.rollback()
            elif self._backend.ballast is not None:
                self._backend.checkpoint(self.current.connection.dbapi_connection)
                if not self._backend.ballast.load():
                    return
        except (StartupError, StorageFailure) as error:
            self.health = str(error)
            return
        except Exception as error:
            self.health = str(translated(error))
            if self._backend.is_postgresql:
                self.disconnect()
            return
        log.info("the store can write again")
        self.health = None
        self._on_health(None)

    def checkpoint(self, *, truncate: bool = False) -> None:
        if self.current is None:
            return
        try:
            self._backend.checkpoint(self.current.connection.dbapi_connection, truncate=truncate)
        except Exception as error:
            if self.health is None:
                self.sick(translated(error))

    def disconnect(self) -> None:
        if self.current is None:
            return
        try:
            self.current.invalidate()
            self.current.close()
        except Exception:
            log.debug("closing the write connection", exc_info=True)
        self.current = None
