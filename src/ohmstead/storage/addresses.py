"""Addresses of devices that are asked."""

import sqlalchemy as sa

from ohmstead.storage.tables import device_address


def load(connection: sa.Connection) -> dict[int, str]:
    return {row.device_id: row.address for row in connection.execute(sa.select(device_address))}


def put(connection: sa.Connection, device: int, address: str) -> None:
    connection.execute(sa.delete(device_address).where(device_address.c.device_id == device))
    connection.execute(sa.insert(device_address).values(device_id=device, address=address))
