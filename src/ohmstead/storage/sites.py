"""Places."""

from typing import Any

import sqlalchemy as sa

from ohmstead.domain.person import Site
from ohmstead.storage.tables import site


def load(connection: sa.Connection) -> list[Site]:
    rows = connection.execute(sa.select(site).order_by(site.c.id))
    return [
        Site(
            row.id,
            row.name,
            row.zone,
            row.latitude,
            row.longitude,
            frozenset(row.uncounted or ()),
        )
        for row in rows
    ]


def insert(connection: sa.Connection, new: Site) -> None:
    connection.execute(sa.insert(site).values(id=new.id, name=new.name, zone=new.zone))


def update(connection: sa.Connection, site_id: int, **values: Any) -> None:
    connection.execute(sa.update(site).where(site.c.id == site_id).values(**values))
