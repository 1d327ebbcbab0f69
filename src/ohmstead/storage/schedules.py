"""Schedules."""

import sqlalchemy as sa

from ohmstead.domain.scene import Action, Schedule
from ohmstead.domain.schedule import Timing
from ohmstead.storage.tables import schedule


def load(connection: sa.Connection) -> list[Schedule]:
    return [
        Schedule(
            row.id,
            row.name,
            row.enabled,
            Timing.from_json(row.timing),
            Action.from_json(row.action),
            row.author,
            row.done_until,
        )
        for row in connection.execute(sa.select(schedule).order_by(schedule.c.id))
    ]


def put(connection: sa.Connection, one: Schedule) -> None:
    """Keep it in the place of what was there."""
    delete(connection, one.id)
    connection.execute(
        sa.insert(schedule).values(
            id=one.id,
            name=one.name,
            enabled=one.enabled,
            timing=one.timing.to_json(),
            action=one.action.to_json(),
            author=one.author,
            done_until=one.done_until,
        )
    )


def done(connection: sa.Connection, schedule_id: int, until: int) -> None:
    connection.execute(sa.update(schedule).where(schedule.c.id == schedule_id).values(done_until=until))


def delete(connection: sa.Connection, schedule_id: int) -> None:
    connection.execute(sa.delete(schedule).where(schedule.c.id == schedule_id))
