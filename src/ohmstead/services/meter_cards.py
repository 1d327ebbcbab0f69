"""Cards of the older meter dashboard: read often, written by hand."""

from dataclasses import replace
from typing import Any, Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.meter_card import MeterCard
from ohmstead.runtime.clock import Clock
from ohmstead.services.devices import Devices
from ohmstead.storage import meter_cards as store

LONGEST: Final = 512


class MeterCards:
    def __init__(self, database: Database, devices: Devices, clock: Clock) -> None:
        self._database = database
        self._devices = devices
        self._clock = clock
        self._cards: dict[int, MeterCard] = {}

    async def load(self) -> None:
        self._cards = {card.device: card for card in await self._database.read(store.load)}

    def of(self, device_id: int) -> MeterCard:
        return self._cards.get(device_id) or MeterCard(device_id)

    async def write(self, who: Principal, device_id: int, **texts: str) -> MeterCard:
        """Change some texts of a card. Raises NotFound, Forbidden, and InvalidInput for what is no short text."""
        self._devices.get(who, device_id)
        who.require(Permission.DEVICES_EDIT)
        for name, text in texts.items():
            if len(text) > LONGEST or not text.isprintable():
                raise InvalidInput(f"{name}: at most {LONGEST} printable characters")
        changes: dict[str, Any] = {**texts, "updated_at": self._clock.now()}
        card = replace(self.of(device_id), **changes)
        await self._database.write(lambda c: store.put(c, card))
        self._cards[device_id] = card
        return card
