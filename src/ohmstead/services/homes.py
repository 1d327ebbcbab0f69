"""Devices of system 004: which there are and where they are reached. Only addresses on allowed networks count."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.address import Address, parse
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.trust import TrustRules
from ohmstead.runtime.bus import Bus
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.registry import Known, Registry
from ohmstead.storage import addresses as store

HOME_CONTROL: Final = "home-control"
LOOK_UP_S: Final = 3.0

Lookup = Callable[[str], Awaitable[list[str]]]


async def look_up(host: str) -> list[str]:
    """The IP addresses of a name; none if it is not known."""
    try:
        async with asyncio.timeout(LOOK_UP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):  # UnicodeError: a name that no name server could be asked for
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Homes:
    def __init__(
        self,
        database: Database,
        devices: Devices,
        registry: Registry,
        trust: TrustRules,
        audit: Audit,
        bus: Bus,
        lookup: Lookup = look_up,
    ) -> None:
        self._database = database
        self._devices = devices
        self._registry = registry
        self._trust = trust
        self._audit = audit
        self._bus = bus
        self._lookup = lookup
        self._addresses: dict[int, Address] = {}

    async def load(self) -> None:
        stored = await self._database.read(store.load)
        self._addresses = {device: parse(text) for device, text in stored.items()}

    def of(self, device_id: int) -> Address | None:
        return self._addresses.get(device_id)

    def all(self) -> list[Known]:
        """The claimed ones that have an address: those, and no others, are asked."""
        return [
            known
            for known in self._registry
            if known.device.dialect == HOME_CONTROL and known.device.claimed and known.device.id in self._addresses
        ]

    async def add(self, who: Principal, serial: str, name: str | None, address: str) -> Known:
        """Raises Forbidden, Conflict, and InvalidInput for an address that is not on an allowed network."""
        who.require(Permission.DEVICES_EDIT)
        wanted = await self._allowed(address)
        known = await self._devices.expect(who, serial, name, HOME_CONTROL)
        await self._put(known, wanted)
        return known

    async def move(self, who: Principal, device_id: int, address: str) -> Known:
        """The device has another address now."""
        known = self._devices.get(who, device_id)
        who.require(Permission.DEVICES_EDIT)
        if known.device.dialect != HOME_CONTROL:
            raise InvalidInput("this device speaks for itself; it needs no address")
        await self._put(known, await self._allowed(address))
        await self._audit.record(who.name, "device.move", known.device.serial, str(self._addresses[device_id]))
        return known

    async def _put(self, known: Known, address: Address) -> None:
        await self._database.write(lambda c: store.put(c, known.device.id, str(address)))
        self._addresses[known.device.id] = address
        self._bus.publish(DeviceChanged(known.device.id))

    async def _allowed(self, text: str) -> Address:
        address = parse(text)
        if await self.resolve(address) is None:
            raise InvalidInput(f"address: {address.host} is unknown or not on an allowed network")
        return address

    async def resolve(self, address: Address) -> str | None:
        """The IP address to connect to, checked each time anew: a name may point elsewhere tomorrow."""
        found = [address.host] if ":" in address.host or _is_ip(address.host) else await self._lookup(address.host)
        return next((ip for ip in found if self._trust.allows(ip)), None)

    def require_sight(self, who: Principal, device_id: int) -> None:
        """Raises NotFound for a device that `who` may not see."""
        self._devices.get(who, device_id)

    def known(self, who: Principal, device_id: int) -> Known:
        """A device of this system that `who` may see. Raises NotFound."""
        known = self._devices.get(who, device_id)
        if known.device.id not in self._addresses:
            raise NotFound("this device has no address to be asked at")
        return known


def _is_ip(host: str) -> bool:
    return all(part.isdecimal() for part in host.split("."))
