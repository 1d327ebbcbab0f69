"""Load limits, and what they have shed."""

from dataclasses import asdict

import sqlalchemy as sa

from ohmstead.domain.load_limit import LoadLimit, Shed, StoredLimit
from ohmstead.storage.tables import load_limit


def load(connection: sa.Connection) -> list[StoredLimit]:
    return [
        StoredLimit(row.id, row.channel_id, LoadLimit(**row.settings), tuple(Shed(*one) for one in row.shed))
        for row in connection.execute(sa.select(load_limit).order_by(load_limit.c.id))
    ]


def note_shed(connection: sa.Connection, one: StoredLimit) -> None:
    """Write what is shed; a limit that is gone by now stays gone."""
    shed = [[shed.output, shed.state, shed.watts] for shed in one.shed]
    connection.execute(sa.update(load_limit).where(load_limit.c.id == one.id).values(shed=shed))


def put(connection: sa.Connection, one: StoredLimit) -> None:
    """Keep it in the place of what was there."""
    delete(connection, one.id)
    connection.execute(
        sa.insert(load_limit).values(
            id=one.id,
            channel_id=one.channel,
            settings=asdict(one.limit),
            shed=[[shed.output, shed.state, shed.watts] for shed in one.shed],
        )
    )


def delete(connection: sa.Connection, limit_id: int) -> None:
    connection.execute(sa.delete(load_limit).where(load_limit.c.id == limit_id))
