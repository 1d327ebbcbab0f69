"""Where an output lies on its device: what it is called there, and that nothing else is called so."""

from collections.abc import Iterable
from typing import Final

from ohmstead.domain.errors import Conflict, InvalidInput
from ohmstead.domain.output import Output, check_key
from ohmstead.services.registry import Known

HOME_CONTROL: Final = "home-control"
NATIVE: Final = "native"
SWITCHABLE: Final = frozenset({NATIVE, HOME_CONTROL})


def place_of(known: Known, name: str, key: str | None, number: int) -> tuple[str, str]:
    """Key and field of a new output; key None: as is usual for such a device. Raises InvalidInput."""
    if known.device.dialect not in SWITCHABLE:
        raise InvalidInput(f"a device that speaks {known.device.dialect} has nothing to switch")
    key = key or _usual_key(known, name)
    check_key(key)
    # Lights of system 004 are known by room and name, which people may change here: their place stays.
    return key, f"light-{number}" if known.device.dialect == HOME_CONTROL else key


def check_place(known: Known, output: Output, siblings: Iterable[Output]) -> None:
    """A device knows an output by its key; one of system 004 by room and key. Raises Conflict."""
    anywhere = known.device.dialect != HOME_CONTROL
    others = [one for one in siblings if one.id != output.id and one.key == output.key]
    if any(anywhere or one.room_id == output.room_id for one in others):
        raise Conflict(f"there is an output {output.key} of this device")


def _usual_key(known: Known, name: str) -> str:
    if known.device.dialect == HOME_CONTROL:
        return name
    switches = [c.key for c in known.device.channels.values() if c.quantity == "switch"]
    return switches[0] if len(switches) == 1 else "relay"
