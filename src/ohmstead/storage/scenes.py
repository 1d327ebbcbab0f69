"""Scenes."""

import sqlalchemy as sa

from ohmstead.domain.scene import Scene, Setting
from ohmstead.storage.retired import retire
from ohmstead.storage.tables import scene


def load(connection: sa.Connection) -> list[Scene]:
    return [
        Scene(row.id, row.name, tuple(Setting(*step) for step in row.steps))
        for row in connection.execute(sa.select(scene).order_by(scene.c.id))
    ]


def put(connection: sa.Connection, one: Scene) -> None:
    """Keep it in the place of what was there."""
    delete(connection, one.id)
    steps = [[s.output, s.state, s.for_s] for s in one.settings]
    connection.execute(sa.insert(scene).values(id=one.id, name=one.name, steps=steps))


def delete(connection: sa.Connection, scene_id: int) -> None:
    retire(connection, "scene", scene_id)
    connection.execute(sa.delete(scene).where(scene.c.id == scene_id))
