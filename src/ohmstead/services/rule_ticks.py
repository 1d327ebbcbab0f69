"""What rules find without a sample: silence, clocks that are off, states that last, and budgets of days and months."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import Final

import numpy as np
import structlog

from ohmstead.database import Database, StorageFailure
from ohmstead.domain.calendar import Period, bucket_of, edges
from ohmstead.domain.condition import Budget, ClockSkew, Silence
from ohmstead.domain.detector import Band, Flip
from ohmstead.domain.errors import NotFound
from ohmstead.domain.person import Site
from ohmstead.domain.rhythm import Rhythm, Skew
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.alert_changes import Change
from ohmstead.services.alert_engine import AlertEngine
from ohmstead.services.ingest import ClockTrust
from ohmstead.services.registry import Registry
from ohmstead.services.rule_watch import Watched
from ohmstead.storage import rules as store

log = structlog.get_logger(__name__)

LOOK_EVERY_US: Final = 5 * SECOND
KEEP_EVERY_US: Final = 10 * MINUTE
KEPT_AT_ONCE: Final = 200  # intervals in one transaction: samples wait for it
# However little a counter moved, its total is read again after this long: a reset may hide in between.
REREAD_US: Final = 10 * MINUTE
_CHANGED_BY: Final = 0.1  # an interval is written again once it is so much another one
_FINE_POINTS: Final = 900


@dataclass(frozen=True, slots=True)
class _Total:
    """What a counter had counted in the period that ends at `end`, when its newest sample was `register` at `at`."""

    end: int
    total: float
    at: int
    register: float
    read_at: int


class RuleTicks:
    """Looks every few seconds. Works on the detectors of the engine, in between its evaluations."""

    def __init__(
        self,
        engine: AlertEngine,
        database: Database,
        series: SeriesStore,
        registry: Registry,
        site: Callable[[], Site],
        trust: ClockTrust,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._database = database
        self._series = series
        self._registry = registry
        self._site = site
        self._trust = trust
        self._clock = clock
        self._rhythms: dict[int, Rhythm] = {}
        self._learned: dict[int, int] = {}  # as stored
        self._skews: dict[Watched, Skew] = {}
        self._looked_at: int | None = None
        self._kept_at = self._now()
        self._first_look = True
        self._fresh: set[int] = set()  # channels that brought something new since the look before
        self._totals: dict[Watched, _Total] = {}

    async def load(self) -> None:
        self._learned = await self._database.read(store.rhythms)

    def _now(self) -> int:
        return int(self._clock.monotonic() * SECOND)

    async def tick(self) -> None:
        """Once a second; most of it is done every five. Raises StorageFailure."""
        now = self._now()
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY_US:
            await self._engine.settle()
            return
        self._looked_at = now
        await self._engine.settle()
        budgets = await self._exceeded()
        await self._engine.carry_out(lambda: [*self._lasting(), *self._silent(now), *self._skewed(now), *budgets()])
        if now - self._kept_at >= KEEP_EVERY_US:
            self._kept_at = now
            await self.keep()

    # Silence and clocks

    def _silent(self, now: int) -> list[Change]:
        watch = self._engine.watch
        silences, self._fresh = watch.of(Silence), set()
        wanted = {channel for one in silences for channel in one.channels}
        wanted |= {channel for one in watch.of(ClockSkew) for channel in one.channels}
        last = self._series.last
        for channel in wanted:
            rhythm = self._rhythms.get(channel)
            if rhythm is None:
                newest = last[channel][0] if channel in last else None
                rhythm = self._rhythms[channel] = Rhythm(now, newest, self._learned.get(channel))
            elif channel in last and rhythm.look(last[channel][0], now):
                self._fresh.add(channel)
        for channel in [c for c in self._rhythms if c not in wanted]:
            del self._rhythms[channel]
        changes = []
        for one in silences:
            assert isinstance(one.condition, Silence)
            rhythms = [rhythm for c in one.channels if (rhythm := self._rhythms[c]).newest is not None]
            if not rhythms:
                continue  # it never spoke: there is nothing to miss
            silent = all(r.silent_us(now) > r.patience_us(one.condition) for r in rhythms)
            # After a start nobody knows how long it has been silent; an alert that is open ends by a sample only.
            if one.holds and not silent:
                silent = not self._fresh.intersection(one.channels)
            if silent != one.holds:
                one.holds = silent
                for_s = min(r.silent_us(now) for r in rhythms) / SECOND
                flip = Flip(self._clock.now(), silent, for_s)
                changes.append(self._engine.flipped(one, flip))
        return [change for change in changes if change is not None]

    def _skewed(self, now: int) -> list[Change]:
        if not self._trust.trusted:
            return []
        changes = []
        for one in self._engine.watch.of(ClockSkew):
            assert isinstance(one.condition, ClockSkew)
            fresh = [self._series.last[c][0] for c in self._fresh.intersection(one.channels)]
            if not fresh:
                continue
            try:
                flagged = self._registry.get(one.device).clock_flagged
            except NotFound:
                continue
            skew = self._skews.get(one)
            if skew is None:
                skew = self._skews[one] = Skew(flagged=flagged)
            lag = self._clock.now() - max(fresh)
            wrong = skew.hear(lag, flagged, one.condition, now, LOOK_EVERY_US)
            if wrong is not None and wrong != one.holds:
                one.holds = wrong
                changes.append(self._engine.flipped(one, Flip(self._clock.now(), wrong, lag / SECOND)))
        return [change for change in changes if change is not None]

    def _lasting(self) -> list[Change]:
        """States that have lasted long enough without a new sample."""
        changes = []
        for one in self._engine.watch.lasting():
            assert isinstance(one.detector, Band)
            if (flip := one.detector.passed(self._clock.now())) is not None:
                changes.append(self._engine.flipped(one, flip))
        return [change for change in changes if change is not None]

    async def keep(self) -> None:
        """Write the intervals that were learned anew."""
        changed = {}
        for channel, rhythm in self._rhythms.items():
            if (interval := rhythm.interval_us) is not None:
                known = self._learned.get(channel)
                if known is None or abs(interval - known) > _CHANGED_BY * known:
                    changed[channel] = interval
        there = {c.id for known in self._registry for c in known.device.channels.values()}
        changed = {channel: interval for channel, interval in changed.items() if channel in there}
        for start in range(0, len(changed), KEPT_AT_ONCE):
            some = dict(islice(changed.items(), start, start + KEPT_AT_ONCE))
            await self._database.write(partial(store.put_rhythms, learned=some))
            self._learned.update(some)

    async def stop(self) -> None:
        try:
            await self.keep()
        except StorageFailure as error:
            log.warning("what was learned of rhythms is not kept", reason=str(error))

    # Budgets

    async def _exceeded(self) -> Callable[[], list[Change]]:
        """Look at the counters that moved, and at periods that ended; what follows from it, to be done in between.

        Totals are read from the store, so that late samples, resets and the site's calendar count as they do
        everywhere. A period is exceeded once: its alert ends with it.
        """
        now, zone = self._clock.now(), self._site().zone
        due: list[tuple[Watched, int]] = []
        for one in self._engine.watch.of(Budget):
            group = self._engine.watch.groups.get(one.subject)
            touched = None if group is None else group.touched
            if self._first_look:  # what came before this process may not have been looked at
                touched = now - DAY
            ended = one.holds and one.extra is not None and self._end_of(one, one.extra, zone) <= now
            if ended or (touched is not None and not self._far_from(one, touched, now)):
                due.append((one, max(now - DAY, min(touched or now, now - HOUR))))
        self._first_look = False
        for group in self._engine.watch.groups.values():
            group.touched = None
        flips: list[tuple[Watched, int, Flip]] = []
        totals = await self._sums(due, now, zone)
        for one, since in due:
            flips += await self._periods(one, since, now, zone, totals)

        def follow() -> list[Change]:
            changes = []
            for one, period, flip in flips:
                one.holds, one.extra = flip.holds, period
                changes.append(self._engine.flipped(one, flip, period))
            return [change for change in changes if change is not None]

        return follow

    def _end_of(self, one: Watched, start: int, zone: str) -> int:
        assert isinstance(one.condition, Budget)
        return bucket_of(zone, Period(one.condition.period), start)[1]

    def _far_from(self, one: Watched, touched: int, now: int) -> bool:
        """Whether the register cannot have passed the limit since the total was read last, nor time its period."""
        known, last = self._totals.get(one), self._series.last.get(one.subject)
        assert isinstance(one.condition, Budget)
        return (
            known is not None
            and last is not None
            and now < known.end
            and now - known.read_at < REREAD_US
            and touched > known.at
            and last[1] >= known.register
            and known.total + last[1] - known.register <= one.condition.limit
        )

    async def _sums(self, due: list[tuple[Watched, int]], now: int, zone: str) -> dict[tuple[int, int], float]:
        """How much each counter counted in each period: (channel, start of the period) to its total."""
        asked: dict[tuple[int, int], list[Watched]] = {}
        for one, since in due:
            assert isinstance(one.condition, Budget)
            for span in pairwise(edges(zone, Period(one.condition.period), since, now + 1).tolist()):
                asked.setdefault(span, []).append(one)
        totals: dict[tuple[int, int], float] = {}
        for (start, end), ones in asked.items():
            before = {one: self._series.last.get(one.subject) for one in ones}
            channels = list({one.subject: None for one in ones})
            for channel, rows in zip(
                channels, await self._series.days(channels, zone, start, end, ("start", "increase")), strict=True
            ):
                totals[channel, start] = 0.0 if rows.increase is None else float(rows.increase.sum())
            for one, last in before.items():
                if last is not None and end > now:
                    self._totals[one] = _Total(end, totals[one.subject, start], last[0], last[1], now)
        return totals

    async def _periods(
        self, one: Watched, since: int, now: int, zone: str, totals: dict[tuple[int, int], float]
    ) -> list[tuple[Watched, int, Flip]]:
        """Flips of the periods that overlap [since, now]: (condition, start of the period, flip)."""
        assert isinstance(one.condition, Budget)
        limit, period = one.condition.limit, Period(one.condition.period)
        holds, raised = one.holds, one.extra
        borders = edges(zone, period, since, now + 1).tolist()
        flips: list[tuple[Watched, int, Flip]] = []
        if holds and raised is not None and raised < borders[0]:
            flips.append((one, raised, Flip(self._end_of(one, raised, zone), False, limit)))
            holds = False
        for start, end in pairwise(borders):
            total = totals[one.subject, start]
            if total > limit and (raised is None or raised < start or (raised == start and not holds)):
                if raised == start and now >= end:
                    continue
                at = await self._crossing(one.subject, start, end, limit)
                flips.append((one, start, Flip(at, True, total)))
                holds, raised = True, start
            elif total <= limit and holds and raised == start:
                flips.append((one, start, Flip(now, False, total)))
                holds = False
            if holds and raised == start and end <= now:
                flips.append((one, start, Flip(end, False, total)))
                holds = False
        return flips

    async def _crossing(self, channel: int, start: int, end: int, limit: float) -> int:
        """When the counter passed the limit, to the second."""
        (rows,) = await self._series.quarters([channel], start, end)
        assert rows.increase is not None
        inside = (rows.start >= start) & (rows.start < end)
        counted = np.cumsum(rows.increase[inside])
        over = int(np.searchsorted(counted, limit, side="right"))
        if over >= len(counted):
            return end - 1
        quarter, before = int(rows.start[inside][over]), float(counted[over - 1]) if over else 0.0
        (chart,) = await self._series.chart([channel], quarter, quarter + 15 * MINUTE, _FINE_POINTS)
        if chart.increase is None:
            return quarter
        fine = before + np.cumsum(chart.increase)
        place = int(np.searchsorted(fine, limit, side="right"))
        return int(chart.t[place]) if place < len(fine) else quarter
