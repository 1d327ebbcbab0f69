"""Devices and channels as the server knows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.quantity import Kind


class DeviceState(StrEnum):
    UNCLAIMED = "unclaimed"
    CLAIMED = "claimed"
    REFUSED = "refused"


MOST_GROUPS: Final = 16  # of one device
LONGEST_GROUP: Final = 64  # characters

# A person may change their mind about a device; only a device that nobody answered for yet is unclaimed.
LEGAL: Final = {
    DeviceState.UNCLAIMED: {DeviceState.CLAIMED, DeviceState.REFUSED},
    DeviceState.REFUSED: {DeviceState.CLAIMED, DeviceState.UNCLAIMED},
    DeviceState.CLAIMED: {DeviceState.UNCLAIMED},
}


@dataclass(slots=True)
class Channel:
    """One named value of one device; its series has the same id. stored = sent × factor + shift."""

    id: int
    device: int
    key: str
    quantity: str
    unit: str
    kind: Kind
    decimals: int
    factor: float = 1.0
    shift: float = 0.0
    label: str = ""  # what people call it; empty: its key
    display_unit: str = ""  # in which people want to see it; empty: chosen by size
    keep_raw_days: int | None = None  # None: as the server's setting says


@dataclass(slots=True)
class Device:
    """A physical unit with an identity."""

    id: int
    serial: str
    name: str
    state: DeviceState
    dialect: str
    created_at: int
    deleted_at: int | None = None
    details: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()  # labels that people gave it; a group is there for as long as a device names it
    channels: dict[str, Channel] = field(default_factory=dict)

    @property
    def claimed(self) -> bool:
        return self.state is DeviceState.CLAIMED

    def channel_of(self, quantity: str) -> Channel | None:
        """The channel that is named like the quantity, else the first that measures it."""
        named = self.channels.get(quantity)
        if named is not None and named.quantity == quantity:
            return named
        return next((c for c in self.channels.values() if c.quantity == quantity), None)


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device appeared, or something a person can see of it is different. `gone` when it was deleted."""

    device: int
    gone: bool = False


def check_transition(device: Device, to: DeviceState) -> None:
    """Raises IllegalTransition with what would have been legal. Staying where it is, is legal."""
    legal = LEGAL[device.state]
    if to is not device.state and to not in legal:
        raise IllegalTransition.of("a device", device.state, legal, to)


def group_names(given: Iterable[str]) -> tuple[str, ...]:
    """Return names of groups as they are kept: each once, without spare blanks, sorted. Raises InvalidInput."""
    names = sorted({" ".join(name.split()) for name in given})
    if len(names) > MOST_GROUPS:
        raise InvalidInput(f"a device is in at most {MOST_GROUPS} groups, not {len(names)}")
    for name in names:
        if not name or len(name) > LONGEST_GROUP or not name.isprintable():
            raise InvalidInput(f"the name of a group has 1–{LONGEST_GROUP} printable characters, not {name!r:.80}")
    return tuple(names)


@dataclass(slots=True)
class Presence:
    """When a device last spoke, and how long its silence is normal."""

    last_seen_at: int | None = None
    interval_us: int | None = None
    gone: bool = False  # it said goodbye, or its last connection broke
    connections: int = 0

    # Two lost messages are normal on bad Wi-Fi; below a minute a person would not call it offline.
    TOLERANCE = 3
    SHORTEST_US = 60_000_000

    def heard(self, at: int) -> None:
        """Note a message; the usual interval is learned as a slow average of the gaps."""
        if self.last_seen_at is not None and (gap := at - self.last_seen_at) > 0:
            # A gap after a long outage says nothing about the rhythm.
            if self.interval_us is None:
                self.interval_us = gap
            elif gap < 10 * self.interval_us or gap < self.SHORTEST_US:
                self.interval_us += (gap - self.interval_us) >> 3
        self.last_seen_at = at
        self.gone = False

    def disconnected(self) -> None:
        """One of its connections ended. After a take-over the new one is there already."""
        self.connections -= 1
        self.gone = self.connections <= 0

    def is_online(self, now: int) -> bool:
        if self.gone:
            return False
        if self.connections > 0:
            return True  # the transport's keep-alive watches over it
        if self.last_seen_at is None:
            return False
        silence = max(self.SHORTEST_US, self.TOLERANCE * (self.interval_us or 0))
        return now - self.last_seen_at <= silence
