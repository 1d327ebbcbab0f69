"""What a channel is: the words of its device brought to a quantity, a unit and a kind."""

from dataclasses import dataclass
from math import log10
from typing import Final

from ohmstead.domain.device import Channel
from ohmstead.domain.quantity import GENERIC, QUANTITIES, Kind
from ohmstead.domain.telemetry import Announcement
from ohmstead.domain.units import conversion

LONGEST_KEY: Final = 64
LONGEST_UNIT: Final = 16
MOST_DECIMALS: Final = 9


def legal_key(key: str) -> bool:
    """Whether `key` may name a channel: 1 to 64 printable characters."""
    return 0 < len(key) <= LONGEST_KEY and key.isprintable()


def shown(key: str) -> str:
    """Return any key in a form that can be shown in an answer or a log."""
    return "".join(c if c.isprintable() else "�" for c in key[:LONGEST_KEY])


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A channel before it is stored. Canonical value = announced value * `factor` + `offset`."""

    key: str
    quantity: str
    unit: str
    kind: Kind
    decimals: int
    factor: float = 1.0
    offset: float = 0.0


def describe(key: str, announced: Announcement | None = None) -> ChannelSpec:
    """Return what the channel `key` measures, believing its device as far as it can be understood.

    Without a quantity in the announcement the quantity named like the key is taken, else `generic`. A unit
    that does not belong to the quantity cannot be converted: value and unit are kept as announced, `generic`
    and of the quantity's kind. The kind of a known quantity is fixed; that of a generic channel is announced.
    """
    announced = announced or Announcement(key)
    quantity = QUANTITIES.get(announced.quantity or key, GENERIC)
    unit = (announced.unit or "").strip()[:LONGEST_UNIT]
    if not unit.isprintable():
        unit = ""
    decimals = announced.decimals
    if decimals is not None:
        decimals = min(max(decimals, 0), MOST_DECIMALS)
    if quantity is not GENERIC:
        found = conversion(unit, quantity.unit) if unit else (1.0, 0.0)
        if found is not None:
            factor, offset = found
            if decimals is not None:  # they were meant for the announced unit: 1 decimal of mA is 4 of A
                decimals = min(max(decimals - round(log10(factor)), 0), MOST_DECIMALS)
            else:
                decimals = quantity.decimals
            return ChannelSpec(key, quantity.name, quantity.unit, quantity.kind, decimals, factor, offset)
    kind = quantity.kind
    if quantity is GENERIC and announced.kind in set(Kind):
        kind = Kind(announced.kind)
    return ChannelSpec(key, GENERIC.name, unit, kind, GENERIC.decimals if decimals is None else decimals)


def redescribe(channel: Channel, announced: Announcement) -> dict[str, object]:
    """Return the fields of `channel` that change because its device describes it anew; empty: none.

    A new unit counts for the samples that follow it. A channel nobody had described takes the quantity announced,
    unless that is of another kind: its summaries are stored already. A counter keeps its shift, which may be the
    register of the unit it replaced.
    """
    spec = describe(channel.key, announced)
    if spec.kind is not channel.kind or spec.quantity == GENERIC.name:
        return {}
    told: dict[str, object]
    if (spec.quantity, spec.unit) == (channel.quantity, channel.unit):
        told = {"factor": spec.factor, "shift": spec.offset} if announced.unit else {}
        if channel.kind is Kind.COUNTER:
            told.pop("shift", None)
    elif channel.quantity == GENERIC.name and not channel.unit:
        told = {"quantity": spec.quantity, "unit": spec.unit, "decimals": spec.decimals}
        told |= {"factor": spec.factor, "shift": spec.offset}
    else:
        return {}
    return {name: value for name, value in told.items() if getattr(channel, name) != value}
