"""What is found at alerts, and what follows from it: plain facts between those who evaluate and those who write."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from ohmstead.domain.alert import Alert, Transition
from ohmstead.domain.rule import RuleAction, Severity


class Enqueue(Protocol):
    """Puts an event of an alert into the outbox of notifications, inside the caller's transaction."""

    def __call__(
        self,
        connection: sa.Connection,
        *,
        alert_id: int,
        event: str,
        at_us: int,
        payload: dict[str, Any],
        targets: Iterable[int] | None = None,
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What an evaluation found at one cause: whether it holds, since when, and how to say so."""

    cause: str
    holds: bool
    at: int
    title: str
    severity: Severity
    text: str
    devices: tuple[int, ...] = ()
    channel: int | None = None
    value: float | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One event for the outbox."""

    event: str
    at: int
    targets: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Change:
    """An alert after something happened to it, with all that is written in the same transaction."""

    alert: Alert
    transitions: tuple[Transition, ...] = ()
    tellings: tuple[Telling, ...] = ()
    actions: tuple[RuleAction, ...] = ()
    at: int = 0
    new: bool = False
