"""How admins mapped the JSON of devices that speak no known language."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from ohmstead.domain.mapping import Field, Mapping, Source, TimeFormat
from ohmstead.storage.tables import mapping


def load(connection: sa.Connection) -> list[Mapping]:
    return [
        Mapping(
            row.id,
            Source(row.source),
            row.filter,
            row.serial,
            tuple(Field(**field) for field in row.fields),
            row.time_pointer,
            TimeFormat(row.time_format),
            bool(row.enabled),
        )
        for row in connection.execute(sa.select(mapping).order_by(mapping.c.id))
    ]


def insert(connection: sa.Connection, new: Mapping) -> None:
    connection.execute(sa.insert(mapping).values(id=new.id, **_columns(new)))


def update(connection: sa.Connection, changed: Mapping) -> None:
    connection.execute(sa.update(mapping).where(mapping.c.id == changed.id).values(**_columns(changed)))


def delete(connection: sa.Connection, mapping_id: int) -> None:
    connection.execute(sa.delete(mapping).where(mapping.c.id == mapping_id))


def _columns(one: Mapping) -> dict[str, Any]:
    return {
        "source": one.source.value,
        "filter": one.filter,
        "serial": one.serial,
        "fields": [asdict(field) for field in one.fields],
        "time_pointer": one.time_pointer,
        "time_format": one.time_format.value,
        "enabled": one.enabled,
    }
