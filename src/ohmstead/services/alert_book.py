"""The alerts that still matter, in memory, and how what happens to them is written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ohmstead.database import Database
from ohmstead.domain.alert import Alert, AlertChanged, AlertRaised, Event
from ohmstead.domain.person import Site
from ohmstead.domain.rule import LONGEST_COOLDOWN_S, Escalation, On, Rule, RuleAction, RuleBody
from ohmstead.domain.telemetry import DAY, SECOND
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.alert_changes import Change, Enqueue, Telling
from ohmstead.storage import alerts as store

KEPT_US: Final = 2 * 366 * DAY


class AlertBook:
    """Event-loop only. Alerts that are open or within a cool-down are in memory, and written through in order."""

    def __init__(
        self,
        database: Database,
        rule_of: Callable[[int], Rule | None],
        site: Callable[[], Site],
        enqueue: Enqueue,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rule_of = rule_of
        self._site = site
        self._enqueue = enqueue
        self._bus = bus
        self._clock = clock
        self._current: dict[int, Alert] = {}
        self._by_cause: dict[str, int] = {}
        self._newest = 0

    async def load(self) -> None:
        since = self._clock.now() - LONGEST_COOLDOWN_S * SECOND
        self._newest = await self._database.read(store.newest)
        for alert in await self._database.read(lambda c: store.current(c, since)):
            self.keep(alert)

    # Looking

    def __iter__(self) -> Iterator[Alert]:
        return iter(list(self._current.values()))

    def get(self, alert_id: int) -> Alert | None:
        return self._current.get(alert_id)

    def open(self) -> list[Alert]:
        return [alert for alert in self._current.values() if alert.open]

    def open_of_rule(self, rule_id: int) -> int:
        return sum(alert.rule == rule_id and alert.open for alert in self._current.values())

    def of_cause(self, cause: str) -> Alert | None:
        """The newest alert of a cause that is open or within its cool-down."""
        number = self._by_cause.get(cause)
        return None if number is None else self._current.get(number)

    # Keeping

    def next_number(self) -> int:
        self._newest += 1
        return self._newest

    def keep(self, alert: Alert) -> None:
        """This is what the alert is now."""
        self._current[alert.id] = alert
        newest = self._by_cause.get(alert.cause)
        if newest is None or newest <= alert.id:
            self._by_cause[alert.cause] = alert.id

    def forget_over(self, now: int) -> None:
        """Alerts that no cool-down brings back any more are on disk only."""
        for alert in [a for a in self._current.values() if a.cleared_at is not None and a.tell_at is None]:
            assert alert.cleared_at is not None
            if now - alert.cleared_at > cooldown_of(self.body_of(alert)) + DAY:
                del self._current[alert.id]
                if self._by_cause.get(alert.cause) == alert.id:
                    del self._by_cause[alert.cause]

    async def forget(self) -> None:
        """Drop what was over long ago."""
        before = self._clock.now() - KEPT_US
        await self._database.write(lambda c: store.forget(c, before))

    # What its rule says of an alert

    def body_of(self, alert: Alert) -> RuleBody | None:
        """What the alert's rule says now; None for an alert of the server's own, or whose rule is gone."""
        rule = None if alert.rule is None else self._rule_of(alert.rule)
        return None if rule is None else rule.body

    def telling(self, alert: Alert, event: Event, at: int, escalation: Escalation | None = None) -> Telling:
        body = self.body_of(alert)
        targets = None if body is None else body.targets
        if event is Event.ESCALATED and escalation is not None:
            targets = escalation.targets
        # To whoever is told, the end of a snooze is the alert anew.
        word = Event.RAISED if event is Event.WOKEN else event
        return Telling(word.value, at, targets)

    def actions(self, alert: Alert, on: On) -> tuple[RuleAction, ...]:
        body = self.body_of(alert)
        return () if body is None else tuple(action for action in body.actions if action.on is on)

    def quiet_until(self, body: RuleBody | None, now: int) -> int | None:
        if body is None or body.quiet is None:
            return None
        return body.quiet.until(now, ZoneInfo(self._site().zone))

    # Writing

    def write(self, connection: sa.Connection, changes: Iterable[Change]) -> None:
        """Everything a change brings, in the caller's transaction: the alert, its history, outbox and actions."""
        changes = list(changes)
        store.put_all(connection, [(change.alert, change.transitions) for change in changes])
        for change in changes:
            alert = change.alert
            for telling in change.tellings:
                self._enqueue(
                    connection,
                    alert_id=alert.id,
                    event=telling.event,
                    at_us=telling.at,
                    payload=_payload(alert),
                    targets=telling.targets,
                )
            calls = [action for action in change.actions if action.target is not None]
            for action in calls:
                assert action.target is not None
                self._enqueue(
                    connection,
                    alert_id=alert.id,
                    event=f"action {action.on}",
                    at_us=change.at,
                    payload=_payload(alert),
                    targets=(action.target,),
                )
            rest = [action for action in change.actions if action.target is None]
            if rest and alert.rule is not None:
                store.put_actions(connection, alert.rule, alert.id, change.at, rest)

    def as_it_is(self, change: Change) -> Change:
        """The same change with the alert as it is now: a person may have touched it before this could be written."""
        return replace(change, alert=self._current.get(change.alert.id, change.alert))

    def publish(self, changes: Iterable[Change]) -> None:
        """Tell whoever listens; after the commit."""
        for change in changes:
            self._bus.publish(AlertRaised(change.alert) if change.new else AlertChanged(change.alert))


def cooldown_of(body: RuleBody | None) -> int:
    return int((0 if body is None else body.cooldown_s) * SECOND)


def _payload(alert: Alert) -> dict[str, Any]:
    return {
        "severity": alert.severity.value,
        "rule": alert.title,
        "message": alert.text,
        "state": alert.state.value,
        "device_id": None if alert.device is None else str(alert.device),
        "channel_id": None if alert.channel is None else str(alert.channel),
        "value": alert.value,
        **(alert.details or {}),
    }
