"""Cards of the older meter dashboard, one per device that somebody wrote about."""

import sqlalchemy as sa

from ohmstead.domain.meter_card import MeterCard
from ohmstead.storage.tables import meter_card


def load(connection: sa.Connection) -> list[MeterCard]:
    return [
        MeterCard(row.device_id, row.label, row.location, row.status, row.ota_url, row.ota_version, row.updated_at)
        for row in connection.execute(sa.select(meter_card))
    ]


def put(connection: sa.Connection, card: MeterCard) -> None:
    connection.execute(sa.delete(meter_card).where(meter_card.c.device_id == card.device))
    connection.execute(
        sa.insert(meter_card).values(
            device_id=card.device,
            label=card.label,
            location=card.location,
            status=card.status,
            ota_url=card.ota_url,
            ota_version=card.ota_version,
            updated_at=card.updated_at,
        )
    )
