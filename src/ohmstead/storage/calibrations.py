"""Calibrations: a history per channel, of which nothing is ever changed."""

import sqlalchemy as sa

from ohmstead.domain.calibration import StoredCalibration
from ohmstead.storage.recording_tables import calibration


def load(connection: sa.Connection) -> list[StoredCalibration]:
    return [
        StoredCalibration(
            row.id,
            row.channel_id,
            row.method,
            row.fit,
            row.points,
            row.temperature_c,
            row.note,
            row.author,
            row.created_at,
            row.withdrawn_at,
        )
        for row in connection.execute(sa.select(calibration).order_by(calibration.c.id))
    ]


def insert(connection: sa.Connection, one: StoredCalibration) -> None:
    connection.execute(
        sa.insert(calibration).values(
            id=one.id,
            channel_id=one.channel,
            method=one.method,
            fit=dict(one.fit),
            points=one.points,
            temperature_c=one.temperature_c,
            note=one.note,
            author=one.author,
            created_at=one.created_at,
            withdrawn_at=one.withdrawn_at,
        )
    )


def withdraw(connection: sa.Connection, calibration_id: int, at: int | None) -> None:
    connection.execute(sa.update(calibration).where(calibration.c.id == calibration_id).values(withdrawn_at=at))
