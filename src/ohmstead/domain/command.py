"""Commands: one-off orders, their life cycle, and whether a device understands one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.telemetry import MINUTE, SECOND


class CommandState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


_S = CommandState
# A device may answer at once, or first say that it has begun. One that was never sent can fail: it is not understood.
LEGAL: Final[Mapping[CommandState, frozenset[CommandState]]] = {
    _S.QUEUED: frozenset({_S.SENT, _S.FAILED, _S.EXPIRED}),
    _S.SENT: frozenset({_S.ACKNOWLEDGED, _S.SUCCEEDED, _S.FAILED, _S.EXPIRED}),
    _S.ACKNOWLEDGED: frozenset({_S.SUCCEEDED, _S.FAILED, _S.EXPIRED}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.EXPIRED: frozenset(),
}
DELIVERABLE: Final = frozenset({_S.QUEUED, _S.SENT})

DEFAULT_TTL_S: Final = 60
LONGEST_TTL_S: Final = 30 * 86_400
LONGEST_TEXT: Final = 4096
MOST_ARGUMENTS: Final = 64
# Once a device said that it has begun, it may take this long beyond the time to live: a calibration, a long move.
WORKING_US: Final = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Command:
    """An order to one device. Instants are UTC microseconds; `expires_at` is when it must not begin any more."""

    id: int
    device: int
    name: str
    args: Mapping[str, Any]
    actor: str
    reason: str
    created_at: int
    expires_at: int
    state: CommandState = CommandState.QUEUED
    changed_at: int = 0
    detail: str = ""
    request_id: str | None = None  # what the asker calls it: asking again with the same one changes nothing

    @property
    def open(self) -> bool:
        return bool(LEGAL[self.state])

    def deliverable(self, now: int) -> bool:
        """Whether it may (still, or again) be sent; an expired order never is."""
        return self.state in DELIVERABLE and now < self.expires_at

    def deadline(self) -> int:
        """The instant at which it expires in its present state."""
        extra = WORKING_US if self.state is CommandState.ACKNOWLEDGED else 0
        return self.expires_at + extra


@dataclass(frozen=True, slots=True)
class CommandChanged:
    """A command was issued or took a step; `command` is what it is now."""

    command: Command


def issue(
    *,
    number: int,
    device: int,
    name: str,
    args: Mapping[str, Any],
    actor: str,
    reason: str,
    now: int,
    ttl_s: float | None = None,
    request_id: str | None = None,
) -> Command:
    """A queued command. Raises InvalidInput for a time to live that is none."""
    ttl = DEFAULT_TTL_S if ttl_s is None else ttl_s
    if not isfinite(ttl) or not 0 < ttl <= LONGEST_TTL_S:
        raise InvalidInput(f"ttl_s: more than 0, at most {LONGEST_TTL_S} seconds")
    expires_at = now + int(ttl * SECOND)
    return Command(number, device, name, dict(args), actor, reason, now, expires_at, changed_at=now,
                   request_id=request_id)  # fmt: skip


def advance(command: Command, to: CommandState, now: int, detail: str = "") -> Command:
    """The command in its next state. Raises IllegalTransition with what would have been legal."""
    legal = LEGAL[command.state]
    if to not in legal:
        raise IllegalTransition.of("a command", command.state, legal, to)
    return replace(command, state=to, changed_at=now, detail=detail or command.detail)


def follow(command: Command, told: CommandState, now: int, detail: str = "") -> Command | None:
    """The command after its device answered `told`; None when the answer is a repetition, late, or makes no sense.

    A command that was never sent cannot be answered: such an answer is forged.
    """
    if command.state is CommandState.QUEUED or told in (_S.QUEUED, _S.SENT, _S.EXPIRED):
        return None
    if told not in LEGAL[command.state] or now >= command.deadline():
        return None
    return advance(command, told, now, detail)


def expire(command: Command, now: int) -> Command | None:
    """The expired command, once its time is over; None before, and for one that has ended."""
    if not command.open or now < command.deadline():
        return None
    detail = "" if command.state is CommandState.QUEUED else "no answer came in time"
    return advance(command, CommandState.EXPIRED, now, detail or "the device was not there in time")


# What a device understands


@dataclass(frozen=True, slots=True)
class Offer:
    """A command a device announced. `args`: argument name to its description; None or none: it did not say.

    A description is a type (`number`, `integer`, `text`, `boolean`, `switch`; a closing `?` makes it optional),
    a list of the legal values, or an object with `type`, `min`, `max`, `values`, `optional`. Words that are not
    known allow anything: a newer device may describe more than this server understands.
    """

    name: str
    args: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Described:
    type: str = ""
    optional: bool = False
    low: float | None = None
    high: float | None = None
    values: Sequence[Any] | None = field(default=None)


def check(offers: Sequence[Offer] | None, name: str, args: Mapping[str, Any]) -> None:
    """Raises InvalidInput naming what the device would not understand. No offers: it never said what it can."""
    if not name or len(name) > 64 or not name.isprintable():
        raise InvalidInput("a command has a name of 1–64 printable characters")
    if len(args) > MOST_ARGUMENTS or any(isinstance(v, str) and len(v) > LONGEST_TEXT for v in args.values()):
        raise InvalidInput(f"at most {MOST_ARGUMENTS} arguments, texts of at most {LONGEST_TEXT} characters")
    if offers is None:
        return
    offer = next((o for o in offers if o.name == name), None)
    if offer is None:
        known = ", ".join(sorted(o.name for o in offers)) or "none"
        raise InvalidInput(f"the device does not offer {name!r}; it announced: {known}")
    if not offer.args:
        return
    described = {key: _read(raw) for key, raw in offer.args.items()}
    if strange := sorted(set(args) - set(described)):
        raise InvalidInput(f"{name} takes no argument {', '.join(strange)}; it takes: {', '.join(described) or 'none'}")
    for key, wanted in described.items():
        if key not in args:
            if not wanted.optional:
                raise InvalidInput(f"{name} needs the argument {key}")
        elif (fault := _fault(wanted, args[key])) is not None:
            raise InvalidInput(f"{name}: {key} {fault}")


def fault_of(description: Any, value: Any) -> str | None:
    """What is wrong with `value` as an argument described so; None if nothing is."""
    return _fault(_read(description), value)


def _read(raw: Any) -> _Described:
    if isinstance(raw, list):
        return _Described(values=raw)
    if isinstance(raw, Mapping):
        inner = _read(raw.get("type", ""))
        values = raw.get("values", raw.get("enum", inner.values))
        optional = inner.optional or bool(raw.get("optional", False)) or "default" in raw
        return _Described(
            inner.type,
            optional,
            _number(raw.get("min")),
            _number(raw.get("max")),
            values if isinstance(values, list) else None,
        )
    if isinstance(raw, str):
        return _Described(_ALIASES.get(raw.rstrip("?"), raw.rstrip("?")), raw.endswith("?"))
    return _Described()


_ALIASES: Final = {"string": "text", "str": "text", "int": "integer", "float": "number", "bool": "boolean"}


def _number(raw: Any) -> float | None:
    return float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None


def _fault(wanted: _Described, value: Any) -> str | None:
    if wanted.values is not None:
        same = [v for v in wanted.values if v == value and isinstance(v, bool) == isinstance(value, bool)]
        return None if same else f"is one of {wanted.values}, not {value!r:.60}"
    number = _number(value)
    if wanted.type in ("number", "integer") or wanted.low is not None or wanted.high is not None:
        if number is None or not isfinite(number) or (wanted.type == "integer" and number != int(number)):
            return f"is {'a whole number' if wanted.type == 'integer' else 'a number'}, not {value!r:.60}"
        if (wanted.low is not None and number < wanted.low) or (wanted.high is not None and number > wanted.high):
            return f"lies between {_edge(wanted.low)} and {_edge(wanted.high)}, not at {number:g}"
    elif wanted.type == "text" and not isinstance(value, str):
        return f"is a text, not {value!r:.60}"
    elif wanted.type == "boolean" and not isinstance(value, bool):
        return f"is true or false, not {value!r:.60}"
    elif wanted.type == "switch" and value not in ("on", "off"):
        return f"is on or off, not {value!r:.60}"
    return None


def _edge(bound: float | None) -> str:
    return "anything" if bound is None else f"{bound:g}"
