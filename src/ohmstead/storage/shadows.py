"""Shadows, and what their devices said of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ohmstead.database.often import Often
from ohmstead.domain.command import Offer
from ohmstead.domain.shadow import Report, Shadow, Wish
from ohmstead.storage.tables import device as devices
from ohmstead.storage.tables import shadow

# Made once: they are executed for each report of each device.
_WHICH = sa.select(shadow.c.device_id).where(shadow.c.device_id.in_(sa.bindparam("devices", expanding=True)))
_UPDATE = Often(
    sa.update(shadow)
    .where(shadow.c.device_id == sa.bindparam("which"))
    .values({c.name: sa.bindparam(c.name) for c in shadow.c if c.name != "device_id"})
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A shadow with its device's last hello. `offers` is None while the device never said hello."""

    shadow: Shadow = field(default_factory=Shadow)
    boot: str | None = None
    offers: tuple[Offer, ...] | None = None


def load(connection: sa.Connection) -> dict[int, Stored]:
    return {
        row.device_id: Stored(
            Shadow(
                row.version,
                {key: Wish(*parts) for key, parts in row.desired.items()},
                {key: Report(*parts) for key, parts in row.reported.items()},
                row.seen,
                row.reported_at,
            ),
            row.boot,
            None if row.offers is None else tuple(Offer(name, args) for name, args in row.offers),
        )
        for row in connection.execute(sa.select(shadow))
    }


def put(connection: sa.Connection, device: int, stored: Stored) -> None:
    """Keep it in the place of what was there. A device that is gone by now keeps nothing."""
    put_all(connection, {device: stored})


def put_all(connection: sa.Connection, changed: Mapping[int, Stored]) -> None:
    """The same for many, in few statements."""
    done = _UPDATE(connection, [{"which": device, **_values(stored)} for device, stored in changed.items()])
    if done == len(changed):
        return
    there = set(connection.scalars(_WHICH, {"devices": list(changed)}))
    fresh = [device for device in changed if device not in there and exists(connection, device)]
    if fresh:
        connection.execute(sa.insert(shadow), [{"device_id": device, **_values(changed[device])} for device in fresh])


def _values(stored: Stored) -> dict[str, Any]:
    now = stored.shadow
    return {
        "version": now.version,
        "seen": now.seen,
        "reported_at": now.reported_at,
        "desired": {k: [w.value, w.version, w.at, w.author, w.reason, w.met] for k, w in now.desired.items()},
        "reported": {k: [r.value, r.at] for k, r in now.reported.items()},
        "boot": stored.boot,
        "offers": None if stored.offers is None else [[o.name, o.args] for o in stored.offers],
    }


def exists(connection: sa.Connection, device: int) -> bool:
    return connection.execute(sa.select(devices.c.id).where(devices.c.id == device)).first() is not None
