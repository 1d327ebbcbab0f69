"""Alerts: one per cause; what evaluations find at it, and what becomes of it by time."""

from dataclasses import replace

from ohmstead.domain import alert as life
from ohmstead.domain.alert import Alert, Event, Transition
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.rule import On, Rule, RuleBody
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.alert_book import AlertBook, cooldown_of
from ohmstead.services.alert_changes import Change, Finding


class Alerts:
    """Event-loop only. Memory follows at once: what is returned has to be given to `book.write`, in order, and then
    to `book.publish`."""

    def __init__(self, book: AlertBook, bus: Bus, clock: Clock) -> None:
        self.book = book
        self._clock = clock
        self._gone_devices: set[int] = set()
        bus.subscribe(DeviceChanged, self._device_changed)

    # What evaluations find

    def observe(self, rule: Rule | None, finding: Finding) -> Change | None:
        """Bring the alert of a cause in line with what was found; None when nothing changes."""
        body = None if rule is None else rule.body
        before = self.book.of_cause(finding.cause)
        if finding.holds:
            return self._raise(rule, body, before, finding)
        return self._over(body, before, finding.at)

    def _raise(self, rule: Rule | None, body: RuleBody | None, before: Alert | None, finding: Finding) -> Change | None:
        cooldown_us = cooldown_of(body)
        if before is not None:
            if before.open:
                return None
            same = life.again(before, finding.at, finding.value, finding.text, cooldown_us)
            if same is not None:
                self.book.keep(same)
                step = Transition(same.id, finding.at, Event.AGAIN, value=finding.value)
                return Change(same, (step,), actions=self.book.actions(same, On.RAISED), at=finding.at)
        now = self._clock.now()
        fresh = Alert(
            self.book.next_number(),
            finding.cause,
            None if rule is None else rule.id,
            finding.title,
            finding.severity,
            finding.devices,
            finding.channel,
            finding.text,
            finding.at,
            now,
            finding.value,
            details=finding.details,
        )
        done = life.raised(fresh, self.book.quiet_until(body, now))
        self.book.keep(done.alert)
        step = Transition(fresh.id, finding.at, Event.RAISED, value=finding.value)
        tellings = tuple(self.book.telling(done.alert, event, finding.at) for event in done.events)
        return Change(done.alert, (step,), tellings, self.book.actions(fresh, On.RAISED), finding.at, new=True)

    def _over(self, body: RuleBody | None, before: Alert | None, at: int, note: str = "") -> Change | None:
        if before is None or not before.open:
            return None
        now = self._clock.now()
        done = life.clear(before, at, now, cooldown_of(body), self.book.quiet_until(body, now))
        self.book.keep(done.alert)
        assert done.alert.cleared_at is not None
        step = Transition(before.id, done.alert.cleared_at, Event.CLEARED, note=note)
        tellings = tuple(self.book.telling(done.alert, event, done.alert.cleared_at) for event in done.events)
        return Change(done.alert, (step,), tellings, self.book.actions(before, On.CLEARED), at)

    def end(self, alert: Alert, note: str) -> Change | None:
        """Clear an alert whose cause can no longer be looked at, its rule or device is gone. Nothing is done for it."""
        change = self._over(None, alert, self._clock.now(), note)
        return None if change is None else replace(change, actions=(), tellings=())

    # What time brings

    def passed(self) -> list[Change]:
        """What is due now: the end of quiet hours and of snoozes, escalation. To be written and published."""
        now = self._clock.now()
        changes: list[Change] = []
        for alert in self.book:
            body = self.book.body_of(alert)
            escalation = None if body is None else body.escalation
            escalate_us = None if escalation is None else int(escalation.after_s * SECOND)
            quiet_until = self.book.quiet_until(body, now)
            done = life.due(alert, now, escalate_us, quiet_until)
            if done.alert is alert:
                continue
            self.book.keep(done.alert)
            steps = [e for e in done.events if e in (Event.WOKEN, Event.ESCALATED)]
            changes.append(
                Change(
                    done.alert,
                    tuple(Transition(alert.id, now, event) for event in steps),
                    tuple(self.book.telling(done.alert, event, now, escalation) for event in done.events),
                )
            )
        self.book.forget_over(now)
        return changes

    def of_gone(self) -> list[Alert]:
        """Open alerts of devices that went since the last time."""
        gone, self._gone_devices = self._gone_devices, set()
        return [alert for alert in self.book.open() if gone.intersection(alert.devices)] if gone else []

    def _device_changed(self, fact: DeviceChanged) -> None:
        if fact.gone:
            self._gone_devices.add(fact.device)
