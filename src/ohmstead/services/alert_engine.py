"""Evaluates rules beside ingest: what is stored is looked at shortly after its commit, in order of journal records.

Nothing is missed and nothing happens twice, because what rules found, what their detectors know then and the journal
record up to which that is so are written in one transaction. A start goes on behind that record: the journal keeps
every record until rules have seen it, sealed or not.

What decides is the time of the samples. Samples that are not newer than what was evaluated of their channel (late or
repeated ones) count for budgets only, and so does everything that was older than a day when it came.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import sqlalchemy as sa
import structlog

from ohmstead.database import Database, StorageFailure
from ohmstead.domain.condition import Combined
from ohmstead.domain.detector import Flip
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.rule import Rule, RuleChanged
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.series.layout import Item
from ohmstead.services.alert_changes import Change
from ohmstead.services.alerts import Alerts
from ohmstead.services.registry import Registry
from ohmstead.services.rule_feed import RuleFeed
from ohmstead.services.rule_findings import found_at, found_together
from ohmstead.services.rule_slopes import REPLAYED_AT_ONCE, remember_slopes
from ohmstead.services.rule_watch import Watch, Watched
from ohmstead.services.rules import Rules
from ohmstead.storage import rules as store

log = structlog.get_logger(__name__)

# So long samples gather before they are looked at: many small messages become few columns.
GATHER_S: Final = 0.05
# Progress that changes nothing anyone sees is written this often: a start replays at most as much.
FLUSH_EVERY_S: Final = 60.0
# What comes and goes, and nobody is told of, is written together this often: samples must not wait for it.
FICKLE_EVERY_S: Final = 5.0
RETRY_S: Final = 2.0


class AlertEngine:
    """Event-loop only; one piece of work at a time."""

    def __init__(
        self,
        database: Database,
        series: SeriesStore,
        registry: Registry,
        rules: Rules,
        alerts: Alerts,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._series = series
        self._rules = rules
        self._alerts = alerts
        self._clock = clock
        self.watch = Watch(registry)
        self.feed = RuleFeed(self.watch)
        self._pending: deque[tuple[int, int, Sequence[Item]]] = deque()
        self._filled = asyncio.Event()
        self._busy = asyncio.Lock()
        self._seen = 0  # the newest record that was evaluated
        self._written = 0  # and up to which that is on disk
        self._flushed_at = clock.monotonic()
        self._unwritten: list[Change] = []
        self._forgotten: dict[store.Key, None] = {}  # detectors that are gone; so shall be what they knew
        self._changed_rules: dict[int, None] = {}
        self._changed_devices: dict[int, None] = {}
        self.after_write: list[Callable[[Sequence[Change]], None]] = []
        bus.subscribe(RuleChanged, self._rule_changed)
        bus.subscribe(DeviceChanged, self._device_changed)
        rules.watched = lambda rule_id: sum(len(one.channels) for one in self.watch.by_rule.get(rule_id, {}).values())
        rules.open_alerts = alerts.book.open_of_rule
        rules.before_change = self.flush

    # Life

    async def load(self) -> None:
        """Take up where the last process stopped; returns once everything that is stored is evaluated."""

        def read(connection: sa.Connection) -> tuple[int | None, dict[store.Key, object]]:
            return store.evaluated(connection), store.states(connection)

        upto, self.watch.stored = await self._database.read(read)
        last = self._series.last_record
        # A restored backup may know fewer records than the note; a first start has nothing to make up for.
        self._seen = self._written = last if upto is None else min(upto, last)
        self._series.on_record(self._recorded)
        self._changed_rules.clear()
        self.watch.resolve(list(self._rules))
        self.watch.stored.clear()
        await remember_slopes(self.watch, self._series, self._seen)
        await self._replay()
        self._unwritten += self._end_orphans()
        for channel, group in self.watch.groups.items():
            if (newest := self._series.last.get(channel)) is not None:
                group.upto = max(group.upto, newest[0])
        await self.settle()

    def first_needed(self) -> int:
        """The first journal record that is not evaluated for good."""
        return self._written + 1

    async def run(self) -> None:
        """Evaluate what comes, until cancelled."""
        while True:
            await self._filled.wait()
            await asyncio.sleep(GATHER_S)
            try:
                await self.settle()
            except StorageFailure as error:
                log.warning("what rules found has to wait", reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def stop(self) -> None:
        """Evaluate and write the rest, so that the next start has nothing to make up for."""
        try:
            await self.flush()
        except StorageFailure as error:
            log.warning("rules were not brought up to date; the next start does it", reason=str(error))

    async def settle(self) -> None:
        """Evaluate everything that is stored by now, and write what came of it. Raises StorageFailure."""
        async with self._busy:
            await self._settle()

    async def flush(self) -> None:
        """The same, with all progress on disk."""
        async with self._busy:
            await self._settle()
            if self.watch.dirty or self._seen != self._written:
                await self._write([])

    async def carry_out(self, changes: Callable[[], list[Change]]) -> None:
        """Do something to alerts in between evaluations, and write it."""
        async with self._busy:
            await self._settle()
            found = changes()
            if found or any(map(_is_news, self._unwritten)):
                await self._write(found)

    # Evaluating

    def _recorded(self, record: int, items: Sequence[Item]) -> None:
        self._pending.append((record, self._clock.now(), items))
        self._filled.set()

    async def _settle(self) -> None:
        changes = self._apply_changes()
        pending = self._pending
        self._filled.clear()
        while pending:
            batch = [pending.popleft() for _ in range(len(pending))]
            flips = await self.feed.evaluate(
                (committed, (run for runs, _ in items for run in runs)) for _, committed, items in batch
            )
            self._seen = batch[-1][0]
            changes += self._found(flips)
        waiting = self.watch.dirty or self._seen != self._written
        since_s = self._clock.monotonic() - self._flushed_at
        if not any(map(_is_news, changes)) and since_s < FICKLE_EVERY_S:
            self._unwritten += changes
        elif changes or self._unwritten or (waiting and since_s >= FLUSH_EVERY_S):
            await self._write(changes)

    def _found(self, flips: Iterable[tuple[Watched, Flip]]) -> list[Change]:
        return [change for one, flip in flips if (change := self.flipped(one, flip)) is not None]

    def flipped(self, one: Watched, flip: Flip, episode: int | None = None) -> Change | None:
        """What becomes of an alert when one condition begins or ceases to hold. `episode` tells alerts of one cause
        apart that must not become one (the days of a budget)."""
        self.watch.dirty[one] = None
        one.said = flip.holds
        rule = self._rules.known(one.rule.id)
        if rule is None or not rule.body.enabled:
            return None
        names = self._rules.names
        if isinstance(rule.body.condition, Combined):
            parts, holds = self.watch.by_rule.get(rule.id, {}).values(), self.watch.holds(rule)
            found = found_together(rule, parts, names, flip.at, holds=holds)
        else:
            found = found_at(rule, one, names, flip, episode)
        return self._alerts.observe(rule, found)

    # What changes meanwhile

    def _rule_changed(self, fact: RuleChanged) -> None:
        self._changed_rules[fact.rule] = None
        self._filled.set()

    def _device_changed(self, fact: DeviceChanged) -> None:
        self._changed_devices[fact.device] = None
        self._filled.set()

    def _apply_changes(self) -> list[Change]:
        """Bring the index in line with rules and devices; alerts that lost their cause end."""
        if not self._changed_rules and not self._changed_devices:
            return []
        gone: list[Watched] = []
        changed, self._changed_rules = list(self._changed_rules), {}
        for rule_id in changed:
            rule = self._rules.known(rule_id)
            gone += self.watch.drop(rule_id) if rule is None else self.watch.resolve([rule])
        devices, self._changed_devices = frozenset(self._changed_devices), {}
        if devices:
            gone += self.watch.resolve(self.watch.concerned(self._rules, devices), devices)
        self.feed.forget_plans()
        for one in gone:
            self.watch.dirty.pop(one, None)
            self._forgotten[one.key] = None
        return self._end_orphans() if gone or changed else []

    def _end_orphans(self) -> list[Change]:
        """End the open alerts of rules and channels that are watched no more."""
        changes = []
        for alert in self._alerts.book.open():
            if alert.rule is None:
                continue
            rule = self._rules.known(alert.rule)
            why = None
            if rule is None:
                why = "its rule was removed"
            elif not rule.body.enabled:
                why = "its rule was switched off"
            elif not self._is_watched(rule, alert.cause):
                why = self._rules.trouble(rule.body) or "what it watched is gone, or its rule was changed"
            if why is not None and (change := self._alerts.end(alert, why)) is not None:
                changes.append(change)
        return changes

    def _is_watched(self, rule: Rule, cause: str) -> bool:
        there = self.watch.by_rule.get(rule.id)
        if there is None:
            return False
        parts = cause.split(":")
        if len(parts) == 1:
            return isinstance(rule.body.condition, Combined) and self.watch.holds(rule)
        one = there.get((0, int(parts[1])))
        return one is not None and one.holds and not isinstance(rule.body.condition, Combined)

    # Writing

    async def _write(self, changes: Sequence[Change]) -> None:
        """Changes of alerts and progress, in one transaction; then tell of them."""
        self._unwritten += changes
        todo = [self._alerts.book.as_it_is(change) for change in self._unwritten]
        count = len(self._unwritten)
        record = self._seen
        dirty = list(self.watch.dirty)
        self.watch.dirty.clear()
        states = {one: one.state() for one in dirty}
        moved = {one.key: state for one, state in states.items() if state != one.kept}
        forgotten = [key for key in self._forgotten if not self.watch.has(key)]
        moved = {**dict.fromkeys(forgotten), **moved}

        def write(connection: sa.Connection) -> None:
            self._alerts.book.write(connection, todo)
            store.progress(connection, record, moved)

        try:
            await self._database.write(write)
        except BaseException:
            self.watch.dirty.update(dict.fromkeys(dirty))
            raise
        del self._unwritten[:count]
        self._written = record
        for key in forgotten:
            self._forgotten.pop(key, None)
        self._flushed_at = self._clock.monotonic()
        for one, state in states.items():
            one.kept = state
        self._alerts.book.publish(todo)
        for callback in self.after_write:
            callback(todo)

    # Starting

    async def _replay(self) -> None:
        """Evaluate the journal records that the last process did not."""
        while self._seen < self._series.last_record:
            records = await self._series.records(self._seen, REPLAYED_AT_ONCE)
            batch = [
                (record.committed_us, [(self._series.layout(d, s), t, v) for d, s, t, v in record.runs])
                for _, record in records
            ]
            flips = await self.feed.evaluate(batch)
            self._seen = records[-1][0] if records else self._series.last_record
            if changes := self._found(flips):
                await self._write(changes)


def _is_news(change: Change) -> bool:
    """Whether somebody waits for this; an alert that comes and goes within its cool-down can wait a moment."""
    return change.new or change.alert.count == 1 or bool(change.tellings) or bool(change.actions)
