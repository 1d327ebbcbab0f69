"""Devices and their channels."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ohmstead.database.often import Often
from ohmstead.domain.device import Channel, Device, DeviceState
from ohmstead.domain.quantity import Kind
from ohmstead.storage.retired import retire
from ohmstead.storage.tables import assignment, channel, device, output

# Made once: each start of each device is one.
_UPDATE_DETAILS = Often(
    sa.update(device).where(device.c.id == sa.bindparam("which")).values(details=sa.bindparam("told", type_=sa.JSON))
)


def load(connection: sa.Connection) -> list[Device]:
    """Every device with its channels in order of creation, the deleted ones in their undo time too."""
    devices = {
        row.id: Device(
            id=row.id,
            serial=row.serial,
            name=row.name,
            state=DeviceState(row.state),
            dialect=row.dialect,
            created_at=row.created_at,
            deleted_at=row.deleted_at,
            details=dict(row.details),
            groups=tuple(row.groups),
        )
        for row in connection.execute(sa.select(device).order_by(device.c.id))
    }
    for row in connection.execute(sa.select(channel).order_by(channel.c.id)):
        devices[row.device_id].channels[row.key] = Channel(
            id=row.id,
            device=row.device_id,
            key=row.key,
            quantity=row.quantity,
            unit=row.unit,
            kind=Kind(row.kind),
            decimals=row.decimals,
            factor=row.factor,
            shift=row.shift,
            label=row.label,
            display_unit=row.display_unit,
            keep_raw_days=row.keep_raw_days,
        )
    return list(devices.values())


def insert(connection: sa.Connection, new: Device) -> None:
    connection.execute(
        sa.insert(device).values(
            id=new.id,
            serial=new.serial,
            name=new.name,
            state=new.state,
            dialect=new.dialect,
            created_at=new.created_at,
            details=new.details,
        )
    )


def insert_channels(connection: sa.Connection, new: Iterable[Channel]) -> None:
    connection.execute(
        sa.insert(channel),
        [
            {
                "id": c.id,
                "device_id": c.device,
                "key": c.key,
                "quantity": c.quantity,
                "unit": c.unit,
                "kind": c.kind,
                "decimals": c.decimals,
                "factor": c.factor,
                "shift": c.shift,
            }
            for c in new
        ],
    )


def update(connection: sa.Connection, device_id: int, **values: Any) -> None:
    connection.execute(sa.update(device).where(device.c.id == device_id).values(**values))


def update_details(connection: sa.Connection, device_id: int, details: dict[str, str]) -> None:
    _UPDATE_DETAILS(connection, [{"which": device_id, "told": details}])


def update_channel(connection: sa.Connection, channel_id: int, **values: Any) -> None:
    connection.execute(sa.update(channel).where(channel.c.id == channel_id).values(**values))


def delete(connection: sa.Connection, device_id: int) -> None:
    """The rows of the device itself; its series are the series store's to delete."""
    for kind, table in (("channel", channel), ("output", output)):
        newest = sa.select(sa.func.max(table.c.id)).where(table.c.device_id == device_id)
        retire(connection, kind, connection.execute(newest).scalar())
    retire(connection, "device", device_id)
    connection.execute(sa.delete(assignment).where(assignment.c.device_id == device_id))
    connection.execute(sa.delete(channel).where(channel.c.device_id == device_id))
    connection.execute(sa.delete(device).where(device.c.id == device_id))
