"""What the database can refuse, in our own words; driver errors stop here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


class StartupError(Exception):
    """The server cannot start on this database. One line that says why and how to mend it."""


class StorageFailure(Exception):
    """The database did not do what was asked; nothing of the group was kept."""


class DiskFull(StorageFailure):
    """No room is left where the database lives."""


class ServerAway(StorageFailure):
    """The database server does not answer, or the connection to it broke."""


def translated(error: BaseException) -> Exception:
    """Return `error` as one of ours if a driver raised it; anything else is returned as it is."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        if name.startswith("SQLITE_FULL") or "disk is full" in str(cause):
            return DiskFull("the disk is full")
        return StorageFailure(f"SQLite: {cause}")
    if type(cause).__module__.startswith("psycopg"):
        state = getattr(cause, "sqlstate", None)
        text = str(cause).strip().split("\n")[0]
        if state == "53100":
            return DiskFull("the disk of the database server is full")
        if type(cause).__name__ in ("OperationalError", "InterfaceError", "AdminShutdown") or (
            state is not None and state[:2] in ("08", "57")
        ):
            return ServerAway(f"the database server is away: {text}")
        return StorageFailure(f"PostgreSQL: {text}")
    return error if isinstance(error, Exception) else StorageFailure(repr(error))


def is_driver_error(error: BaseException) -> bool:
    return (
        isinstance(error, sa.exc.DBAPIError | sqlite3.Error)
        or type(error).__module__.startswith("psycopg")
        or isinstance(error, StorageFailure)
    )


@contextmanager
def ours() -> Iterator[None]:
    """Run the block; errors of the drivers come out as StorageFailure."""
    try:
        yield
    except Exception as error:
        mine = translated(error)
        if mine is error:
            raise
        raise mine from error
