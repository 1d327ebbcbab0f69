"""What people see of alerts and do about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import sqlalchemy as sa

from ohmstead.database import Database
from ohmstead.domain import alert as life
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.alert import Alert, Event, Transition
from ohmstead.domain.errors import NotFound
from ohmstead.domain.notification import Delivery
from ohmstead.domain.rule import On
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.alert_book import AlertBook
from ohmstead.services.alert_changes import Change
from ohmstead.services.audit import Audit
from ohmstead.storage import alerts as store
from ohmstead.storage.alerts import Tally, Wanted

_PAGE: Final = 200

__all__ = ["AlertInbox", "Tally", "Told", "Wanted"]

History = Callable[[sa.Connection, int, int | None, int | None], list[Delivery]]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with its whole history."""

    alert: Alert
    transitions: Sequence[Transition]
    deliveries: Sequence[Delivery]


class AlertInbox:
    """Event-loop only."""

    def __init__(self, database: Database, book: AlertBook, history: History, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._history = history
        self._audit = audit
        self._clock = clock

    # Looking

    async def visible(self, who: Principal, wanted: Wanted, limit: int, after: int | None) -> tuple[list[Alert], bool]:
        """Newest first, with ids below `after`, at most `limit`; and whether there are more."""
        who.require(Permission.DEVICES_READ)
        devices = _devices_of(who)
        shown: list[Alert] = []
        while True:
            page = await self._database.read(partial(_page, wanted, devices, after))
            for alert in page:
                if self._sees(who, alert):
                    if len(shown) == limit:
                        return shown, True
                    shown.append(alert)
            if len(page) < _PAGE:
                return shown, False
            after = page[-1].id

    async def tallies(self, who: Principal) -> dict[int, Tally]:
        """What each rule raised, counting alerts that `who` may see."""
        who.require(Permission.DEVICES_READ)
        return await self._database.read(lambda c: store.tallies(c, _devices_of(who)))

    async def told(self, who: Principal, alert_id: int) -> Told:
        """Raises NotFound both for a missing alert and for one that `who` may not see."""
        alert = await self._get(who, alert_id)

        def read(connection: sa.Connection) -> tuple[list[Transition], list[Delivery]]:
            return store.transitions(connection, alert_id), self._history(connection, _PAGE, None, alert_id)

        transitions, deliveries = await self._database.read(read)
        return Told(alert, transitions, deliveries if who.may(Permission.NOTIFICATIONS_READ) else ())

    def sees(self, who: Principal, alert: Alert) -> bool:
        return who.may(Permission.DEVICES_READ) and self._sees(who, alert)

    def _sees(self, who: Principal, alert: Alert) -> bool:
        if who.only_devices is None and who.device is None:
            return True
        return bool(alert.devices) and all(who.may_see(device) for device in alert.devices)

    async def _get(self, who: Principal, alert_id: int) -> Alert:
        who.require(Permission.DEVICES_READ)
        alert = self._book.get(alert_id) or await self._database.read(lambda c: store.get(c, alert_id))
        if alert is None or not self._sees(who, alert):
            raise NotFound("there is no such alert")
        return alert

    # What people do

    async def acknowledge(self, who: Principal, alert_id: int, note: str = "") -> Alert:
        """Raises NotFound, Forbidden, IllegalTransition for one that is cleared."""
        alert, now = await self._get(who, alert_id), self._clock.now()
        who.require(Permission.ALERTS_HANDLE)
        if alert.state is life.AlertState.ACKNOWLEDGED:
            return alert
        changed = life.acknowledge(alert, now, who.name, note)
        return await self._by_hand(who, alert, Change(changed, (_step(changed, now, Event.ACKNOWLEDGED, who, note),)))

    async def snooze(self, who: Principal, alert_id: int, for_us: int) -> Alert:
        """0 ends a snooze. Raises NotFound, Forbidden, IllegalTransition for one that is cleared, InvalidInput."""
        alert, now = await self._get(who, alert_id), self._clock.now()
        who.require(Permission.ALERTS_HANDLE)
        changed = life.snooze(alert, now, for_us)
        note = f"for {for_us / SECOND:g} s" if for_us else "ended"
        return await self._by_hand(who, alert, Change(changed, (_step(changed, now, Event.SNOOZED, who, note),)))

    async def clear(self, who: Principal, alert_id: int) -> Alert:
        """Whatever the cause; it is raised again when that ends and begins anew."""
        alert, now = await self._get(who, alert_id), self._clock.now()
        who.require(Permission.ALERTS_HANDLE)
        done = life.clear(alert, now, now)
        tellings = tuple(self._book.telling(done.alert, event, now) for event in done.events)
        step = _step(done.alert, now, Event.CLEARED, who)
        return await self._by_hand(
            who, alert, Change(done.alert, (step,), tellings, self._book.actions(alert, On.CLEARED), now)
        )

    async def _by_hand(self, who: Principal, before: Alert, change: Change) -> Alert:
        self._book.keep(change.alert)
        try:
            await self._database.write(lambda c: self._book.write(c, [change]))
        except BaseException:
            if self._book.get(before.id) is change.alert:
                self._book.keep(before)
            raise
        self._book.publish([change])
        step = change.transitions[0]
        await self._audit.record(who.name, f"alert.{step.event}", before.title, step.note or before.text)
        return change.alert


def _devices_of(who: Principal) -> frozenset[int] | None:
    return who.only_devices if who.device is None else frozenset({who.device})


def _step(alert: Alert, at: int, event: Event, who: Principal, note: str = "") -> Transition:
    return Transition(alert.id, at, event, who.name, note)


def _page(wanted: Wanted, devices: frozenset[int] | None, before: int | None, connection: sa.Connection) -> list[Alert]:
    return store.page(connection, wanted, devices, before, _PAGE)
