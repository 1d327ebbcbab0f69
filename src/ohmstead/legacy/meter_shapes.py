"""The shapes of system 003's web surface: what a device and a reading look like there. Energy is kWh."""

from typing import Any, Final

from starlette.requests import HTTPConnection

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import DeviceState
from ohmstead.domain.errors import Forbidden, NotFound
from ohmstead.legacy.answers import iso, rounded
from ohmstead.legacy.asking import BadToken, principal_of
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.readings import Reading
from ohmstead.services.registry import Known
from ohmstead.services.usage import ELECTRIC

SYSTEM: Final = "003"
METER: Final = "meter"
KILO: Final = 1000.0
# Decimals of the meter itself; float32 noise does not get out again.
VOLT, AMPERE, WATT, KWH = 1, 3, 1, 3


def who(parts: DoorParts, connection: HTTPConnection) -> Principal:
    """Who asks. Raises Unauthenticated (401) for no token, Forbidden (403) for a bad one."""
    try:
        principal = principal_of(parts, connection, SYSTEM)
    except BadToken as error:
        raise Forbidden(str(error)) from None
    principal.require(Permission.DEVICES_READ)
    return principal


def seen(parts: DoorParts, principal: Principal) -> list[Known]:
    """Every electric device the principal may see, the last heard first; refused ones are nobody's business here."""
    found, _ = parts.devices.visible(principal, None, 0, 1 << 30)
    found = [k for k in found if k.device.state is not DeviceState.REFUSED and _is_electric(k)]
    return sorted(found, key=lambda k: -(k.presence.last_seen_at or 0))


def _is_electric(known: Known) -> bool:
    """Whether this dashboard has anything to show of it; a force plate has no volts."""
    return known.device.dialect == METER or any(known.device.channel_of(quantity) for quantity in ELECTRIC)


def by_serial(parts: DoorParts, principal: Principal, serial: str) -> Known:
    """Raises NotFound, for a stranger's device too."""
    known = parts.registry.by_serial.get(serial)
    if known is None:
        raise NotFound("Device not found or access denied")
    return by_id(parts, principal, str(known.device.id))


def by_id(parts: DoorParts, principal: Principal, told: str) -> Known:
    """By `_id`. Raises NotFound."""
    device_id = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else -1
    try:
        return parts.devices.get(principal, device_id)
    except NotFound:
        raise NotFound("Device not found or access denied") from None


def label_of(parts: DoorParts, known: Known) -> str:
    """`device_id` of system 003: what people wrote, else what the device told, else the id here."""
    device = known.device
    return parts.cards.of(device.id).label or device.details.get("device_id") or str(device.id)


def device(parts: DoorParts, known: Known) -> dict[str, Any]:
    one, card = known.device, parts.cards.of(known.device.id)
    users = [user.username for user, _ in parts.people.assigned(one.id)]
    return {
        "_id": str(one.id),
        "id": str(one.id),
        "serial_number": one.serial,
        "device_id": label_of(parts, known),
        "name": one.name,
        "location": card.location,
        "status": (card.status or "active") if one.claimed else one.state.value,
        "online": parts.devices.is_online(known),
        "username": users[0] if users else None,
        "assigned_users": users,
        "created_at": iso(one.created_at),
        "last_seen": iso(known.presence.last_seen_at),
        "ip_address": one.details.get("ip_address"),
        "firmware_version": one.details.get("firmware_version"),
        "ota_url": card.ota_url or None,
        "updated_at": iso(card.updated_at or one.created_at),
    }


def reading(one: Reading) -> dict[str, Any]:
    return {
        "voltage": rounded(one.voltage, VOLT),
        "current": rounded(one.current, AMPERE),
        "power": rounded(one.power, WATT),
        "energy": rounded(one.energy, KWH, KILO),
        "timestamp": iso(one.t_us),
    }


def full_reading(parts: DoorParts, known: Known, one: Reading) -> dict[str, Any]:
    serial = known.device.serial
    return {"_id": f"{serial}@{one.t_us}", "serial_number": serial, "device_id": label_of(parts, known), **reading(one)}
