"""Outputs: lights and relays in rooms, what they may be set to, and the proof that they did it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from ohmstead.domain.channel import legal_key
from ohmstead.domain.command import fault_of
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.shadow import normal
from ohmstead.domain.telemetry import SECOND

State = str | float  # "on", "off", or the level of a dimmer

LONGEST_TIMER_S: Final = 7 * 86_400
# A meter sends the switching sample and a few around it; a kettle's relay needs none of them to agree at once.
FEW_SAMPLES: Final = 5
CONFIRM_WITHIN_US: Final = 60 * SECOND


class Policy(StrEnum):
    """What becomes of an output when its device restarts, or when the link to it is lost."""

    KEEP = "keep"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """`power_channel` None: found by its name, or the only one of the device; not at all if not `watches_power`.

    `priority`: what has the lowest is shed first; None is never shed.
    """

    power_channel: int | None = None
    watches_power: bool = True
    confirm_w: float = 1.0  # above the noise of an idle meter, below the smallest lamp
    boot: Policy = Policy.KEEP
    lost_link: Policy = Policy.KEEP
    lost_link_s: int = 60
    priority: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "OutputSettings":
        return cls(**{**raw, "boot": Policy(raw["boot"]), "lost_link": Policy(raw["lost_link"])})


_DEFAULTS: Final = OutputSettings()


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that is switched. `field` is its place in the shadow of its device."""

    id: int
    room_id: int
    device: int
    name: str
    key: str
    field: str
    settings: OutputSettings = _DEFAULTS
    until_at: int | None = None  # when its timer ends
    then: State | None = None  # what it takes then


@dataclass(frozen=True, slots=True)
class Room:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class OutputChanged:
    """Something a person can see of an output is different; `gone` when it was removed."""

    output: int
    device: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class OutputUnconfirmed:
    """An output was set, and nothing proves that it happened. Told once for each time it was set."""

    output: int
    device: int
    desired: State
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class OutputConfirmed:
    """An output of which `OutputUnconfirmed` was told is as it was wished after all."""

    output: int
    device: int


def is_on(state: Any) -> bool:
    state = normal(state)
    return state == "on" or (isinstance(state, int | float) and state > 0)


def opposite(state: State) -> State:
    return "off" if is_on(state) else "on"


def back_to(state: State, before: Any) -> State:
    """What an output takes when its timer ends: off after on; after off what it was, if that was on."""
    if is_on(state):
        return "off"
    before = normal(before)
    return before if isinstance(before, str | float | int) and is_on(before) else "on"


def check_state(raw: Any, description: Any) -> State:
    """The state asked for. `description` is how the device announced the field, None if it did not.

    A level is for what was announced with a range: raises InvalidInput otherwise.
    """
    state = normal(raw)
    if isinstance(state, str) and state in ("on", "off"):
        return state
    if isinstance(state, bool) or not isinstance(state, int | float) or not isfinite(state):
        raise InvalidInput("state: on, off, or the level of a dimmer")
    if description is None:
        raise InvalidInput("this output knows on and off; its device did not announce a level")
    if (fault := fault_of(description, state)) is not None:
        raise InvalidInput(f"state {fault}")
    return state


def levels(description: Any) -> tuple[float, float] | None:
    """The lowest and highest level of a dimmer, as its device described the field; None for on and off only."""
    if not isinstance(description, Mapping):
        return None
    low, high = description.get("min"), description.get("max")
    numbers = [v for v in (low, high) if isinstance(v, int | float) and not isinstance(v, bool) and isfinite(v)]
    return (float(numbers[0]), float(numbers[1])) if len(numbers) == 2 and numbers[0] < numbers[1] else None


def check_timer(for_s: float | None) -> int | None:
    """Microseconds of a timer. Raises InvalidInput."""
    if for_s is None:
        return None
    if not isfinite(for_s) or not 0 < for_s <= LONGEST_TIMER_S:
        raise InvalidInput(f"for_s: more than 0, at most {LONGEST_TIMER_S} seconds")
    return int(for_s * SECOND)


def check_key(key: str) -> None:
    if not legal_key(key):
        raise InvalidInput("key: 1–64 printable characters")


def power_channel(output: Output, siblings: int, channels: Iterable[Channel]) -> int | None:
    """The channel whose watts tell whether the output is on; `siblings`: how many outputs its device has.

    One meter for several outputs tells nothing of a single one, unless its name says whose it is.
    """
    settings = output.settings
    if not settings.watches_power or settings.power_channel is not None:
        return settings.power_channel if settings.watches_power else None
    powers = [channel for channel in channels if channel.quantity == "power"]
    own = {f"{output.key}_power", f"power_{output.key}", f"{output.key}.power", f"{output.key}/power"}
    named = [channel.id for channel in powers if channel.key in own]
    if named:
        return named[0]
    return powers[0].id if len(powers) == 1 and siblings == 1 else None


# Proof


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known about one setting of an output: whether its device said so, and whether the watts agree."""

    wished: State
    since: int
    watched: bool  # there is a power channel
    reported: bool = False
    agreed: bool = False
    contrary: int = 0
    doubt: str = ""  # why it counts as unconfirmed, once that was told

    @property
    def confirmed(self) -> bool:
        return self.reported and (self.agreed or not self.watched)


def weigh(proof: Proof, watts: float, at: int, threshold_w: float) -> Proof:
    """The proof after one more sample of the power channel. Samples from before the wish say nothing."""
    if at <= proof.since or proof.agreed:
        return proof
    if (watts >= threshold_w) == is_on(proof.wished):
        return replace(proof, agreed=True)
    # Before the device has switched, its meter cannot agree.
    return replace(proof, contrary=proof.contrary + proof.reported)


def doubt(proof: Proof, now: int, online: bool, announced: Collection[str] = (), key: str = "") -> str | None:
    """Why the setting counts as unconfirmed now; None while there is still hope, and once it was told.

    `announced`: the outputs its device named, none if it never did; `key`: what this one is called there.
    """
    if proof.confirmed or proof.doubt:
        return None
    if proof.contrary >= FEW_SAMPLES:
        drawn = "no power is drawn" if is_on(proof.wished) else "power is still drawn"
        return f"its device says {_said(proof.wished)}, but {drawn}"
    if now - proof.since < CONFIRM_WITHIN_US:
        return None
    if not online:
        return "its device is offline"
    if proof.reported:
        return "its power meter is silent"
    if announced and key not in announced:
        return f"its device knows no output {key}; it announced: {', '.join(sorted(announced))}"
    return "its device did not do it"


def _said(state: State) -> str:
    return state if isinstance(state, str) else f"{state:g}"
