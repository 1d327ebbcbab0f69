"""Alerts: one per cause, from raised to cleared; what is told of them, and when.

A *cause* is a rule together with what it found: a channel, a device, or for combined conditions the rule itself.
However often the cause comes and goes within the cool-down, it is one alert, counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.rule import Severity
from ohmstead.domain.telemetry import DAY, SECOND

LONGEST_SNOOZE_US: Final = 30 * DAY
LONGEST_NOTE: Final = 500


class AlertState(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


_S = AlertState
LEGAL: Final[Mapping[AlertState, frozenset[AlertState]]] = {
    _S.RAISED: frozenset({_S.ACKNOWLEDGED, _S.CLEARED}),
    _S.ACKNOWLEDGED: frozenset({_S.CLEARED}),
    _S.CLEARED: frozenset({_S.RAISED, _S.ACKNOWLEDGED}),  # within the cool-down it is the same alert again
}
OPEN: Final = frozenset({_S.RAISED, _S.ACKNOWLEDGED})


class Event(StrEnum):
    """What happened to an alert: a row of its history, and a word for who is told."""

    RAISED = "raised"
    AGAIN = "again"  # within the cool-down: counted, not told
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    WOKEN = "woken"  # the snooze is over
    ESCALATED = "escalated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Alert:
    """Instants are UTC microseconds. `raised_at`, `cleared_at`: by the time of the samples; `noticed_at`: by our clock.

    `count`: how often it came within the cool-down. `told`: that it is raised. `tell_at`: when people are to be told
    what they were not told yet (at the end of quiet hours, or that something fickle is over); None: of nothing.
    `value`: the one that made the difference. `text`: the alert in a sentence. `devices`: whoever may not see all of
    them does not see the alert.
    """

    id: int
    cause: str
    rule: int | None
    title: str
    severity: Severity
    devices: tuple[int, ...]
    channel: int | None
    text: str
    raised_at: int
    noticed_at: int
    value: float | None = None
    state: AlertState = AlertState.RAISED
    count: int = 1
    cleared_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    note: str = ""
    snoozed_until: int | None = None
    escalated_at: int | None = None
    told: bool = False
    tell_at: int | None = None
    details: Mapping[str, Any] | None = None  # for notifications: names, unit, limit

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def device(self) -> int | None:
        return self.devices[0] if self.devices else None


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of an alert's history. `actor` is empty for what the server found itself."""

    alert: int
    at: int
    event: Event
    actor: str = ""
    note: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A new alert is on disk."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class AlertChanged:
    """An alert is in another state, or was noted upon; on disk."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class Due:
    """What time brings: the alert as it is then, and what is told of it."""

    alert: Alert
    events: tuple[Event, ...]


def _step(alert: Alert, to: AlertState, **changes: Any) -> Alert:
    legal = LEGAL[alert.state]
    if to not in legal:
        raise IllegalTransition.of("an alert", alert.state, legal, to)
    return replace(alert, state=to, **changes)


def again(alert: Alert, at: int, value: float | None, text: str, cooldown_us: int) -> Alert | None:
    """The same alert, open again and counted; None if its cool-down is over, so that a new one is due.

    Who acknowledged it has seen it: it stays acknowledged however often it comes back.
    """
    if alert.open:
        return alert
    if alert.cleared_at is None or at - alert.cleared_at > cooldown_us:
        return None
    to = _S.RAISED if alert.acknowledged_at is None else _S.ACKNOWLEDGED
    # That it is over was perhaps about to be told, and is not so any more.
    tell_at = None if alert.told else alert.tell_at
    return _step(alert, to, count=alert.count + 1, cleared_at=None, value=value, text=text, tell_at=tell_at)


def raised(alert: Alert, quiet_until: int | None) -> Due:
    """A new alert: told at once, or at the end of quiet hours."""
    if quiet_until is not None:
        return Due(replace(alert, tell_at=quiet_until), ())
    return Due(replace(alert, told=True), (Event.RAISED,))


def clear(alert: Alert, at: int, now: int, cooldown_us: int = 0, quiet_until: int | None = None) -> Due:
    """The cause is over, or a person says so. Nothing can be over before it began.

    It is told at once, save what came and went before: that must stay over for its cool-down first. What nobody was
    told of, because of quiet hours, is told at their end together with its end.
    """
    gone = _step(alert, _S.CLEARED, cleared_at=max(at, alert.raised_at), snoozed_until=None)
    if not alert.told:
        return Due(gone, ())
    wait = max(quiet_until or 0, now + cooldown_us if alert.count > 1 else 0)
    if wait > now:
        return Due(replace(gone, tell_at=wait), ())
    return Due(gone, (Event.CLEARED,))


def acknowledge(alert: Alert, at: int, who: str, note: str = "") -> Alert:
    """Somebody has seen it: no reminder and no escalation comes any more."""
    if alert.state is _S.CLEARED:
        raise IllegalTransition("an alert that is cleared needs no acknowledgement")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"note: at most {LONGEST_NOTE} characters")
    return _step(
        alert, _S.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by=who, note=note, snoozed_until=None, tell_at=None
    )


def snooze(alert: Alert, at: int, for_us: int) -> Alert:
    """Nobody is told anything of it for a while; if it is still raised then, they are told again. 0 ends a snooze."""
    if not alert.open:
        raise IllegalTransition("an alert that is cleared cannot be snoozed")
    if not 0 <= for_us <= LONGEST_SNOOZE_US:
        raise InvalidInput(f"for_s: 0–{LONGEST_SNOOZE_US // SECOND}")
    return replace(alert, snoozed_until=at + for_us if for_us else None, tell_at=None)


def due(alert: Alert, now: int, escalate_us: int | None, quiet_until: int | None) -> Due:
    """Look at an alert when time has passed: the end of quiet hours, of a snooze, of the patience before escalation.

    What waited for the end of quiet hours is told even if it is over by then, unless somebody has seen it.
    """
    events: list[Event] = []
    if alert.tell_at is not None and now >= alert.tell_at:
        events.append(Event.CLEARED if alert.told else Event.RAISED)
        alert = replace(alert, tell_at=None, told=True)
    if alert.snoozed_until is not None and now >= alert.snoozed_until:
        alert = replace(alert, snoozed_until=None)
        if alert.state is _S.RAISED:
            events.append(Event.WOKEN)
    waiting = alert.state is _S.RAISED and alert.escalated_at is None and alert.snoozed_until is None
    if waiting and escalate_us is not None and quiet_until is None and now - alert.noticed_at >= escalate_us:
        alert = replace(alert, escalated_at=now)
        events.append(Event.ESCALATED)
    return Due(alert, tuple(events))
