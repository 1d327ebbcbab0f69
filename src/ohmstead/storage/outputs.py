"""Rooms and outputs."""

import sqlalchemy as sa

from ohmstead.domain.output import Output, OutputSettings, Room
from ohmstead.storage.retired import retire
from ohmstead.storage.tables import output, room


def load_rooms(connection: sa.Connection) -> list[Room]:
    return [Room(row.id, row.name) for row in connection.execute(sa.select(room).order_by(room.c.id))]


def insert_room(connection: sa.Connection, new: Room) -> None:
    connection.execute(sa.insert(room).values(id=new.id, name=new.name))


def rename_room(connection: sa.Connection, room_id: int, name: str) -> None:
    connection.execute(sa.update(room).where(room.c.id == room_id).values(name=name))


def delete_room(connection: sa.Connection, room_id: int) -> None:
    connection.execute(sa.delete(room).where(room.c.id == room_id))


def load(connection: sa.Connection) -> list[Output]:
    return [
        Output(
            row.id,
            row.room_id,
            row.device_id,
            row.name,
            row.key,
            row.field,
            OutputSettings.from_json(row.settings),
            row.until_at,
            row.then,
        )
        for row in connection.execute(sa.select(output).order_by(output.c.id))
    ]


def _columns(one: Output) -> dict[str, object]:
    return {
        "room_id": one.room_id,
        "name": one.name,
        "key": one.key,
        "field": one.field,
        "settings": one.settings.to_json(),
        "until_at": one.until_at,
        "then": one.then,
    }


def insert(connection: sa.Connection, new: Output) -> None:
    connection.execute(sa.insert(output).values(id=new.id, device_id=new.device, **_columns(new)))


def update(connection: sa.Connection, changed: Output) -> None:
    """Write all of it; one that is gone by now stays gone."""
    connection.execute(sa.update(output).where(output.c.id == changed.id).values(**_columns(changed)))


def delete(connection: sa.Connection, output_id: int) -> None:
    retire(connection, "output", output_id)
    connection.execute(sa.delete(output).where(output.c.id == output_id))
