"""Retained MQTT messages."""

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from ohmstead.storage.tables import retained

# Made once: a wish for a device is one of these.
_DELETE = sa.delete(retained).where(retained.c.topic == sa.bindparam("which"))
_INSERT = sa.insert(retained)


class Kept(NamedTuple):
    """`properties` are of MQTT 5.0, encoded; `expires_at` in UTC microseconds."""

    topic: str
    payload: bytes
    qos: int
    properties: bytes | None = None
    expires_at: int | None = None


def load(connection: sa.Connection) -> Iterator[Kept]:
    for row in connection.execute(sa.select(retained)):
        properties = None if row.properties is None else bytes(row.properties)
        yield Kept(row.topic, bytes(row.payload), row.qos, properties, row.expires_at)


def delete(connection: sa.Connection, topic: str) -> None:
    connection.execute(_DELETE, {"which": topic})


def save(connection: sa.Connection, kept: Kept) -> None:
    """Keep it instead of what its topic had."""
    delete(connection, kept.topic)
    connection.execute(_INSERT, kept._asdict())


def delete_expired(connection: sa.Connection, now: int) -> None:
    connection.execute(sa.delete(retained).where(retained.c.expires_at <= now))
