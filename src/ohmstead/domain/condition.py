"""Conditions of rules: what must be so for an alert. Plain data; `detector`, `rhythm` and `budget` evaluate them.

Values are in the canonical unit of the channel (W, Wh, °C …). A condition watches each channel of its rule's scope
by itself; `Combined` names its channels instead.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, ClassVar, Final

from ohmstead.domain.errors import InvalidInput

LONGEST_S: Final = 30 * 86_400
MOST_PARTS: Final = 20


@dataclass(frozen=True, slots=True)
class Threshold:
    """Above `above` or below `below` for `for_s`; over once it is back inside by `hysteresis`."""

    above: float | None = None
    below: float | None = None
    for_s: float = 0.0
    hysteresis: float = 0.0

    kind: ClassVar[str] = "threshold"

    def __post_init__(self) -> None:
        if self.above is None and self.below is None:
            raise InvalidInput("condition/above: a threshold needs above or below")
        _finite("above", self.above)
        _finite("below", self.below)
        _span("for_s", self.for_s)
        if not isfinite(self.hysteresis) or self.hysteresis < 0:
            raise InvalidInput("condition/hysteresis: 0 or more")
        if self.above is not None and self.below is not None and self.below + 2 * self.hysteresis > self.above:
            raise InvalidInput("condition/below: below must be less than above, with room for the hysteresis")


@dataclass(frozen=True, slots=True)
class Rate:
    """Rises or falls by so much within `within_s`: the newest value against the extreme of that time.

    Time is looked at in 60 slots of `within_s`, so that memory stays small at any rate of samples.
    """

    rises_by: float | None = None
    falls_by: float | None = None
    within_s: float = 60.0

    kind: ClassVar[str] = "rate"

    def __post_init__(self) -> None:
        if self.rises_by is None and self.falls_by is None:
            raise InvalidInput("condition/rises_by: a rate needs rises_by or falls_by")
        for name, value in (("rises_by", self.rises_by), ("falls_by", self.falls_by)):
            if value is not None and not (isfinite(value) and value > 0):
                raise InvalidInput(f"condition/{name}: more than 0")
        _span("within_s", self.within_s, least=1.0)


@dataclass(frozen=True, slots=True)
class Budget:
    """A counter counted more than `limit` in a day or month of the site's calendar."""

    limit: float
    period: str = "day"

    kind: ClassVar[str] = "budget"

    def __post_init__(self) -> None:
        if not isfinite(self.limit) or self.limit <= 0:
            raise InvalidInput("condition/limit: more than 0")
        if self.period not in ("day", "month"):
            raise InvalidInput("condition/period: day or month")


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came for `factor` times the usual time between two messages, and for `floor_s` at least."""

    factor: float = 5.0
    floor_s: float = 300.0

    kind: ClassVar[str] = "silence"

    def __post_init__(self) -> None:
        if not isfinite(self.factor) or not 1 <= self.factor <= 1000:
            raise InvalidInput("condition/factor: 1–1000")
        _span("floor_s", self.floor_s, least=10.0)


@dataclass(frozen=True, slots=True)
class Stuck:
    """The very same value for `for_s`, though samples keep coming.

    `for_s` None: as long as is suspicious for the quantity; quantities that may well stay the same (a load of 0 W, a
    state, a counter that nothing turns) are then not watched. `ignore_zero`: a zero is never stuck.
    """

    for_s: float | None = None
    ignore_zero: bool = False

    kind: ClassVar[str] = "stuck"

    def __post_init__(self) -> None:
        if self.for_s is not None:
            _span("for_s", self.for_s, least=10.0)


@dataclass(frozen=True, slots=True)
class Implausible:
    """A value that cannot be true, by the limits of the channel's quantity."""

    kind: ClassVar[str] = "implausible"


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The newest samples of a device say another time than the server's clock by more than `limit_s`."""

    limit_s: float = 300.0

    kind: ClassVar[str] = "clock_skew"

    def __post_init__(self) -> None:
        _span("limit_s", self.limit_s, least=1.0)


@dataclass(frozen=True, slots=True)
class WeakSignal:
    """A radio signal below `below` dBm for `for_s`. Watches channels of the quantity `signal`."""

    below: float = -80.0
    for_s: float = 600.0
    hysteresis: float = 5.0

    kind: ClassVar[str] = "weak_signal"

    def __post_init__(self) -> None:
        _finite("below", self.below)
        _span("for_s", self.for_s)
        if not isfinite(self.hysteresis) or self.hysteresis < 0:
            raise InvalidInput("condition/hysteresis: 0 or more")


Simple = Threshold | Rate | Budget | Silence | Stuck | Implausible | ClockSkew | WeakSignal


@dataclass(frozen=True, slots=True)
class Part:
    """A condition of one channel, as a part of others."""

    channel: int
    condition: Simple


@dataclass(frozen=True, slots=True)
class Combined:
    """All of some conditions at once, or any of them, each over its own channel."""

    mode: str  # "all" or "any"
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if self.mode not in ("all", "any"):
            raise InvalidInput("condition/kind: all or any")
        if not 1 <= len(self.parts) <= MOST_PARTS:
            raise InvalidInput(f"condition/parts: 1–{MOST_PARTS}")

    @property
    def kind(self) -> str:
        return self.mode


Condition = Simple | Combined
KINDS: Final[Mapping[str, type[Simple]]] = {
    one.kind: one for one in (Threshold, Rate, Budget, Silence, Stuck, Implausible, ClockSkew, WeakSignal)
}


def to_json(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Combined):
        parts = [{"channel": part.channel, "condition": to_json(part.condition)} for part in condition.parts]
        return {"kind": condition.mode, "parts": parts}
    return {"kind": condition.kind, **asdict(condition)}


def from_json(raw: Mapping[str, Any]) -> Condition:
    """Raises InvalidInput."""
    if raw["kind"] in ("all", "any"):
        return Combined(raw["kind"], tuple(Part(part["channel"], simple(part["condition"])) for part in raw["parts"]))
    return simple(raw)


def simple(raw: Mapping[str, Any]) -> Simple:
    return KINDS[raw["kind"]](**{name: value for name, value in raw.items() if name != "kind"})


def _finite(name: str, value: float | None) -> None:
    if value is not None and not isfinite(value):
        raise InvalidInput(f"condition/{name}: a finite number")


def _span(name: str, value: float, least: float = 0.0) -> None:
    if not isfinite(value) or not least <= value <= LONGEST_S:
        raise InvalidInput(f"condition/{name}: {least:g}–{LONGEST_S} seconds")
