"""Notifications: where they go, their life cycle, when they are tried again, and what waits for company or for the
morning. Pure: told the time, sends nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any, Final

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND

SEVERITIES: Final = ("info", "warning", "critical")
URGENT: Final = "critical"  # neither digest nor quiet hours hold it

ESCALATED: Final = "escalated"
CLEARED: Final = "cleared"

FIRST_RETRY_US: Final = MINUTE
LONGEST_RETRY_US: Final = HOUR
GIVE_UP_US: Final = 2 * DAY
LONGEST_DIGEST_MIN: Final = 24 * 60
# One message may tell of so many events; a person reads no more, and a receiver takes no longer one.
MOST_TOGETHER: Final = 50
# So many events that are ready at once for one target go as one message even without a digest: a power cut makes a
# hundred devices silent within a minute.
FLOOD: Final = 10
KEPT_ATTEMPTS: Final = 20


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    FAILED = "failed"  # this attempt; another one comes at `due_at`
    SENT = "sent"
    GIVEN_UP = "given_up"


_S = DeliveryState
LEGAL: Final[Mapping[DeliveryState, frozenset[DeliveryState]]] = {
    _S.WAITING: frozenset({_S.SENDING, _S.GIVEN_UP}),
    # Back to waiting: the server stopped before the attempt had an end.
    _S.SENDING: frozenset({_S.SENT, _S.FAILED, _S.GIVEN_UP, _S.WAITING}),
    _S.FAILED: frozenset({_S.SENDING, _S.GIVEN_UP}),
    _S.SENT: frozenset(),
    _S.GIVEN_UP: frozenset(),
}
OPEN: Final = frozenset(state for state, after in LEGAL.items() if after)


class Undelivered(Exception):
    """An attempt failed. `permanent`: trying the same again cannot help. The message is for people, without secrets."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` on the site's clock; over midnight when `start` is later. Equal: none at all."""

    start: time
    end: time

    def until(self, now: int, zone: tzinfo) -> int | None:
        """When the quiet hours end that hold at `now`; None outside of them."""
        if self.start == self.end:
            return None
        local = datetime.fromtimestamp(now / SECOND, zone)
        clock = local.time().replace(tzinfo=None)
        over_midnight = self.start > self.end
        inside = (clock >= self.start or clock < self.end) if over_midnight else self.start <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=1) if over_midnight and clock >= self.start else local.date()
        end = int(datetime.combine(day, self.end, zone).timestamp() * SECOND)
        return end if end > now else None  # an hour that is told twice: the second one is not quiet again


@dataclass(frozen=True, slots=True)
class Target:
    """Where notifications go. `config` is its notifier's, with secrets: it never leaves the server again.

    `escalation`: hears only of alerts that nobody acknowledged in time. `cleared`: hears also when an alert is over.
    """

    id: int
    name: str
    kind: str
    config: Mapping[str, Any] = field(repr=False)
    enabled: bool = True
    min_severity: str = SEVERITIES[0]
    digest_min: int = 0
    quiet: QuietHours | None = None
    escalation: bool = False
    cleared: bool = False
    title: str | None = None  # templates; None: the usual text
    body: str | None = None

    def __post_init__(self) -> None:
        if self.min_severity not in SEVERITIES:
            raise InvalidInput(f"min_severity: one of {', '.join(SEVERITIES)}")
        if not 0 <= self.digest_min <= LONGEST_DIGEST_MIN:
            raise InvalidInput(f"digest_min: 0–{LONGEST_DIGEST_MIN} minutes")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event of one alert on its way to one target. Instants are UTC microseconds.

    `key` goes with every attempt, so that the receiver can tell a repetition; rows that were sent together carry the
    same `batch`, which is then their key. `taken_at`: when the deliverer first saw it; from there it has two days.
    """

    id: int
    key: str
    alert: int
    event: str
    at: int
    target: int
    target_name: str
    payload: Mapping[str, Any]
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    due_at: int = 0
    taken_at: int | None = None
    batch: str | None = None
    changed_at: int = 0
    reason: str = ""
    history: tuple[tuple[int, str], ...] = ()  # (instant, what came of it) of the newest attempts

    @property
    def severity(self) -> str:
        """One that is not known counts as urgent: nothing is held that might not bear it."""
        told = self.payload.get("severity")
        return told if isinstance(told, str) and told in SEVERITIES else URGENT

    @property
    def urgent(self) -> bool:
        return self.severity == URGENT


def wants(target: Target, event: str, severity: str, told_before: Sequence[str], *, named: bool = False) -> bool:
    """Whether the target hears of this event; `told_before`: events of the same alert that went to it already.

    The end of an alert is told only to whom its beginning was told. `named`: the rule asks for this very target, then
    it hears of more than what nobody acknowledged.
    """
    if not target.enabled:
        return False
    if event == CLEARED:
        return target.cleared and bool(told_before)
    rank = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return rank >= SEVERITIES.index(target.min_severity) and (named or event == ESCALATED or not target.escalation)


def back_off(attempts: int) -> int:
    """How long after the given number of failed attempts (1 …) the next one comes: 1 min, doubling, at most 1 h."""
    return min(FIRST_RETRY_US << min(attempts - 1, 16), LONGEST_RETRY_US)


# Steps. Each raises IllegalTransition where the table has none.


def _step(one: Delivery, to: DeliveryState, now: int, **changes: Any) -> Delivery:
    legal = LEGAL[one.state]
    if to not in legal:
        raise IllegalTransition.of("a delivery", one.state, legal, to)
    return replace(one, state=to, changed_at=now, **changes)


def begin(one: Delivery, now: int, batch: str) -> Delivery:
    """An attempt begins. What was once sent together stays together, or the receiver could not tell a repetition."""
    taken_at = now if one.taken_at is None else one.taken_at
    return _step(one, _S.SENDING, now, attempts=one.attempts + 1, batch=one.batch or batch, taken_at=taken_at)


def succeed(one: Delivery, now: int, detail: str = "") -> Delivery:
    return _step(one, _S.SENT, now, reason=detail, history=_noted(one, now, detail or "delivered"))


def fail(one: Delivery, now: int, reason: str, *, permanent: bool = False) -> Delivery:
    """The attempt failed: it is tried again later, or given up when that cannot help or its two days are over."""
    history = _noted(one, now, reason)
    since = now if one.taken_at is None else one.taken_at
    due_at = now + back_off(max(1, one.attempts))
    if permanent:
        return _step(one, _S.GIVEN_UP, now, reason=reason, history=history)
    if due_at - since > GIVE_UP_US:
        last = f"given up after {one.attempts} attempts in two days; the last one: {reason}"
        return _step(one, _S.GIVEN_UP, now, reason=last, history=history)
    return _step(one, _S.FAILED, now, due_at=due_at, reason=reason, history=history)


def interrupted(one: Delivery, now: int) -> Delivery:
    """The server stopped before this attempt had an end: it goes again at once, under the same key."""
    reason = "the server stopped while this was being sent; it goes again under the same key"
    return _step(one, _S.WAITING, now, due_at=now, reason=reason, history=_noted(one, now, reason))


def drop(one: Delivery, now: int, reason: str) -> Delivery:
    return _step(one, _S.GIVEN_UP, now, reason=reason)


def _noted(one: Delivery, now: int, what: str) -> tuple[tuple[int, str], ...]:
    return (*one.history, (now, what))[-KEPT_ATTEMPTS:]


# Planning


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send now, each tuple as one message; and what to look at again later: delivery id to instant."""

    batches: tuple[tuple[Delivery, ...], ...]
    held: Mapping[int, int]


def plan(target: Target, deliveries: Iterable[Delivery], now: int, zone: tzinfo) -> Plan:
    """Decide over every open delivery of one target.

    Those of one alert keep their order: what is told after a failed one waits for it. What failed together goes
    together. Fresh ones come first, so that one message nobody takes does not hold up the others.
    """
    rows = sorted((one for one in deliveries if one.state in (_S.WAITING, _S.FAILED)), key=lambda one: one.id)
    held = _held(target, rows, now, zone)
    tried: dict[str, list[Delivery]] = {}
    alone: list[Delivery] = []
    together: list[Delivery] = []
    for one in rows:
        if one.id in held:
            continue
        if one.batch is not None:
            tried.setdefault(one.batch, []).append(one)
        elif one.urgent or not target.digest_min:
            alone.append(one)
        else:
            together.append(one)
    if len(alone) > FLOOD:
        together, alone = sorted(together + alone, key=lambda one: one.id), []
    batches: list[tuple[Delivery, ...]] = [(one,) for one in alone]
    batches += [tuple(together[n : n + MOST_TOGETHER]) for n in range(0, len(together), MOST_TOGETHER)]
    batches.sort(key=lambda batch: batch[0].id)
    return Plan((*batches, *map(tuple, tried.values())), held)


def _held(target: Target, rows: Sequence[Delivery], now: int, zone: tzinfo) -> dict[int, int]:
    """What must wait, and until when. `rows` by id."""
    quiet = (None if target.quiet is None else target.quiet.until(now, zone)) or 0
    collecting = max(quiet, _digest_at(target, rows, now) or 0)
    together: dict[str, int] = {}  # batch to the instant until which one of it waits, and so all of it
    while True:
        held: dict[int, int] = {}
        behind: dict[int, int] = {}  # alert to the instant until which an earlier event of it waits
        before = dict(together)
        for one in rows:
            own = collecting if one.batch is None else max(one.due_at, together.get(one.batch, 0))
            own = 0 if one.batch is None and one.urgent else own
            wait = max(own, behind.get(one.alert, 0))
            if wait > now:
                held[one.id] = behind[one.alert] = wait
                if one.batch is not None:
                    together[one.batch] = max(wait, together.get(one.batch, 0))
        if together == before:
            return held


def _digest_at(target: Target, rows: Sequence[Delivery], now: int) -> int | None:
    """When what is collected goes out: so many minutes after the first of it was seen."""
    seen = [one.taken_at if one.taken_at is not None else now for one in rows if one.batch is None and not one.urgent]
    if not target.digest_min or not seen:
        return None
    return min(seen) + target.digest_min * MINUTE
