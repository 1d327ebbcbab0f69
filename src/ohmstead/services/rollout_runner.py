"""What rollouts do by themselves: look at devices, judge, stop or go on, offer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import structlog

from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import DomainError, NotFound
from ohmstead.domain.installation import (
    LOADING,
    Happened,
    Installation,
    InstallationState,
    Told,
    is_news,
    judge,
    offer,
    step,
)
from ohmstead.domain.release import Release
from ohmstead.domain.rollout import Rollout, RolloutState, look, move, room, steer, wait_s
from ohmstead.domain.shadow import Reported
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.couriers import FIELD, Courier
from ohmstead.services.device_sight import DeviceSight
from ohmstead.services.gaps import Gaps
from ohmstead.services.registry import Known, Registry
from ohmstead.services.releases import Releases
from ohmstead.services.rollout_book import RolloutBook
from ohmstead.services.timekeeping import Timekeeping
from ohmstead.storage import rollouts as storage

log = structlog.get_logger(__name__)
S = InstallationState
T = TypeVar("T")

EVERY_S: Final = 1.0  # between two looks at everyone
# Each transaction delays the samples that travel in it, however little it holds: steps are gathered for a moment, and
# those of many devices are stored a few at a time.
BETWEEN_STEPS_S: Final = 0.1
REPORTS_AT_ONCE: Final = 8
BREATH_S: Final = 0.01
LOOKS_PER_TURN: Final = 20  # devices looked at in one go
PASSING: Final = frozenset({S.DOWNLOADING, S.VERIFYING, S.RESTARTING})
MOST_PASSED: Final = 8  # of them between two looks
IN_ONE_GO: Final = 5  # offers taken back in one transaction: samples travel in it, too
CLOCK_KEPT_US: Final = 10 * SECOND  # how often a rollout's time is stored when nothing else is


class RolloutRunner:
    """Event-loop only. `turn` keeps people's verbs and the looks apart."""

    def __init__(
        self,
        book: RolloutBook,
        releases: Releases,
        registry: Registry,
        sight: DeviceSight,
        couriers: Mapping[str, Courier],
        gaps: Gaps,
        bus: Bus,
        clock: Clock,
        trust: Timekeeping,
        zone: Callable[[], str],
    ) -> None:
        self.book = book
        self.turn = asyncio.Lock()
        self._releases = releases
        self._registry = registry
        self._sight = sight
        self._couriers = couriers
        self._gaps = gaps
        self._clock = clock
        self._trust = trust
        self._zone = zone
        self._news = asyncio.Event()
        self._reporters: dict[int, None] = {}  # devices that reported since they were looked at, the first one first
        self._begun_at: float | None = None
        self._turns: dict[int, float] = {}  # rollout -> when a device of it began
        self._places = False  # there may be one for a device that waits
        self._clock_kept: dict[int, int] = {}
        self._passed: dict[int, list[tuple[InstallationState, int]]] = {}  # what devices reported since the last look
        bus.subscribe(Reported, self._reported)
        bus.subscribe(DeviceChanged, self._device_changed)

    def courier(self, known: Known) -> Courier | None:
        return self._couriers.get(known.device.dialect)

    async def run(self) -> None:
        """Look at everyone each second, at a device soon after it reports; begin with one device after the other."""
        while True:
            await self.look()
            next_look = self._clock.monotonic() + EVERY_S
            step_at = 0.0
            while (now := self._clock.monotonic()) < next_look:
                begin_at = now + wait_s(self._begun_at, now) if self._places else next_look
                if begin_at <= now:
                    await self.begin()
                elif self._reporters and step_at <= now:
                    await self.attend()
                    step_at = self._clock.monotonic() + BETWEEN_STEPS_S
                else:
                    until = min(begin_at, step_at) if self._reporters else begin_at
                    await self._hear(min(until, next_look) - now)
                    continue
                await asyncio.sleep(BREATH_S)

    async def _hear(self, longest_s: float) -> None:
        """Until a device reports, or for so long."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._news.wait()

    async def look(self) -> None:
        """At every device that is under way, in every rollout."""
        async with self.turn:
            self._reporters.clear()
            for rollout_id in self.book.live():
                await self._try(self._look, rollout_id, None)
            self._places = True

    async def attend(self) -> None:
        """To the devices that reported first; the others come next time."""
        async with self.turn:
            by_rollout: dict[int, list[int]] = {}
            for device in list(islice(self._reporters, REPORTS_AT_ONCE)):
                del self._reporters[device]
                if (rollout_id := self.book.busy.get(device)) is not None:
                    by_rollout.setdefault(rollout_id, []).append(device)
            for rollout_id, devices in by_rollout.items():
                await self._try(self._look, rollout_id, devices)
            self._places = True

    async def begin(self) -> bool:
        """With one device, of the rollout that has waited longest; whether there was a place, and one for it."""
        async with self.turn:
            self._places = False
            for rollout_id in sorted(self.book.live(), key=lambda one: self._turns.get(one, 0.0)):
                if await self._try(self._begin, rollout_id):
                    self._begun_at = self._turns[rollout_id] = self._clock.monotonic()
                    self._places = True
                    break
            return self._places

    async def _try(self, work: Callable[..., Awaitable[T]], rollout_id: int, *args: Any) -> T | None:
        """One that cannot be stored now must not hold up the others."""
        try:
            return await work(self.book.one(rollout_id), *args)
        except Exception:
            log.exception("a look at a rollout failed; the next one comes", rollout=rollout_id)
            return None

    def _reported(self, fact: Reported) -> None:
        if FIELD not in fact.fields:
            return
        one = self.book.open_of(fact.device)
        if one is not None and one.open:
            if not one.heard:
                one = replace(one, heard=True)
                self.book.accept(one)
            if is_news(one, self._note_passed(one)):
                self._call_for(one.device)

    def _call_for(self, device: int) -> None:
        self._reporters[device] = None
        self._news.set()

    def _note_passed(self, one: Installation) -> Told | None:
        """A step that is over before the next look is a line of the timeline all the same."""
        known, release = self._registry.get(one.device), self._releases.one(self.book.one(one.rollout).release)
        courier = self.courier(known)
        told = None if courier is None else courier.told(known, one, release)
        passed = self._passed.setdefault(one.device, [])
        if told is not None and len(passed) < MOST_PASSED and (not passed or passed[-1][0] is not told.state):
            passed.append((told.state, self._clock.now()))
        return told

    def _device_changed(self, fact: DeviceChanged) -> None:
        if self.book.open_of(fact.device) is not None:
            self._call_for(fact.device)

    # One look

    async def _look(self, stored: Rollout, devices: list[int] | None) -> None:
        """At these, or at all."""
        now = self._clock.now()
        release = self._releases.one(stored.release)
        rollout = look(stored, now)
        await self._keep(None, await self._judge_all(rollout, release, devices))
        if rollout.state is RolloutState.RUNNING and (why := self._releases.unusable(release)):
            rollout = move(rollout, RolloutState.STOPPED, now, why)
        rollout = steer(rollout, self.book.tallies(rollout), now, trusted=self._trust.trusted)
        if rollout.state in (RolloutState.STOPPED, RolloutState.DONE) and stored.state is not rollout.state:
            await self.call_off(rollout, rollout.reason)
        else:
            await self._keep_rollout(rollout, stored)
        if not rollout.moving and all(one.ended for one in self.book.of(rollout.id).values()):
            await self.book.save(rollout, [], [])
            self.book.close(rollout.id)

    async def _judge_all(self, rollout: Rollout, release: Release, devices: list[int] | None) -> list[Installation]:
        live = self.book.of(rollout.id)
        those = self.book.open(rollout.id) if devices is None else [live[one] for one in devices if one in live]
        changed = []
        for looked, one in enumerate(those, 1):
            after = self._judge(one, rollout, release)
            if after is not one:
                changed.append(after)
            if looked % LOOKS_PER_TURN == 0:
                await self._gaps.turn()
        # A report that came in meanwhile must not be forgotten again.
        newest = self.book.of(rollout.id)
        return [replace(one, heard=one.heard or newest[one.device].heard) for one in changed if one.device in newest]

    def _judge(self, one: Installation, rollout: Rollout, release: Release) -> Installation:
        try:
            known = self._registry.get(one.device)
        except NotFound:
            known = None
        courier = None if known is None else self.courier(known)
        if known is None or courier is None:
            sight = self._sight.look(None, None, names_version=False, keys=())
        else:
            courier.follow(known, release, one)
            keys = () if one.before is None else one.before.channels
            told = courier.told(known, one, release)
            sight = self._sight.look(known, told, names_version=courier.names_version, keys=keys)
        return judge(one, sight, rollout.terms.patience, rollout.clock)

    async def keep(self, changed: list[Installation]) -> None:
        """Store steps that somebody decided outside of a look; `turn` is held."""
        await self._keep(None, changed)

    async def _keep(self, rollout: Rollout | None, changed: list[Installation]) -> None:
        """Store what changed, with a line in the timeline for each step; then take back offers that are over."""
        now = self._clock.now()
        events, kept = [], []
        for one in changed:
            before = self.book.of(one.rollout)[one.device]
            if one.state is not before.state:
                one = replace(one, changed_at=now)
                for state, at in self._passed.pop(one.device, ()):
                    if state in PASSING and state not in (before.state, one.state):
                        events.append(Happened(one.rollout, one.device, at, state.value, ""))
                events.append(Happened(one.rollout, one.device, now, one.state.value, one.reason))
            kept.append(one)
        ended = [one for one in kept if one.ended and self.book.of(one.rollout)[one.device].open]
        await self.book.save(rollout, kept, events)
        for start in range(0, len(ended), IN_ONE_GO):
            await self._withdraw(ended[start : start + IN_ONE_GO])
        for one in ended:
            if one.state is S.CONFIRMED:
                self._note_installed(one)

    async def _keep_rollout(self, rollout: Rollout, stored: Rollout) -> None:
        """Its time alone is worth a commit only now and then."""
        same = replace(rollout, clock=stored.clock, looked_at=stored.looked_at) == stored
        if same and rollout.clock - self._clock_kept.get(rollout.id, 0) < CLOCK_KEPT_US:
            self.book.rollouts[rollout.id] = rollout
            return
        self._clock_kept[rollout.id] = rollout.clock
        await self.book.save(rollout, [], [])

    async def _withdraw(self, ended: list[Installation]) -> None:
        """Of one rollout."""
        devices, release = [one.device for one in ended], self.book.one(ended[0].rollout).release
        for courier in self._couriers.values():
            try:
                await courier.withdraw(devices, release)
            except DomainError as error:
                log.warning("offers could not be taken back", devices=devices, why=str(error))

    def _note_installed(self, one: Installation) -> None:
        known = self._registry.get(one.device)
        courier = self.courier(known)
        if courier is not None:
            courier.installed(known, self._releases.one(self.book.one(one.rollout).release))

    async def call_off(self, rollout: Rollout, why: str) -> None:
        """Nobody new gets it; who only loads is told to leave it; who restarts already is watched to the end."""
        reason = why or "the rollout was stopped"
        changed = [
            step(one, S.CANCELLED, rollout.clock, reason)
            for one in self.book.of(rollout.id).values()
            if one.state is S.PLANNED or one.state in LOADING
        ]
        await self._keep(rollout, changed)

    async def sweep(self) -> None:
        """After a start: take back offers whose installation ended when the server did."""
        for known in self._registry:
            courier = self.courier(known)
            if courier is not None and not self._is_open(known.device.id):
                for release_id in courier.offered(known.device.id):
                    await courier.withdraw([known.device.id], release_id)

    def _is_open(self, device: int) -> bool:
        one = self.book.open_of(device)
        return one is not None and one.open

    # Offers

    async def _begin(self, rollout: Rollout) -> bool:
        now = self._clock.now()
        release = self._releases.one(rollout.release)
        left = room(rollout, self.book.tallies(rollout), minute=self._minute(now), trusted=self._trust.trusted)
        turns = takewhile(lambda one: one.wave <= rollout.wave, self.book.planned(rollout.id))
        if left == 0 or self._releases.unusable(release) or (one := next(filter(self._is_ready, turns), None)) is None:
            return False
        known = self._claimed(one.device)
        courier = None if known is None else self.courier(known)
        if known is None or courier is None:
            await self._keep(None, [step(one, S.FAILED, rollout.clock, "the device is not claimed any more")])
        else:
            offered = replace(offer(one, self._sight.before(known), rollout.clock), changed_at=now)
            await self._offer(courier, release, known, offered)
        return True

    def _claimed(self, device: int) -> Known | None:
        try:
            known = self._registry.get(device)
        except NotFound:
            return None
        return known if known.device.claimed else None

    def _is_ready(self, one: Installation) -> bool:
        try:
            known = self._registry.get(one.device)
        except NotFound:
            return True  # so that it is looked at, and found gone
        courier = self.courier(known)
        return courier is None or courier.ready(known)

    async def _offer(self, courier: Courier, release: Release, known: Known, offered: Installation) -> None:
        event = Happened(offered.rollout, offered.device, offered.changed_at, offered.state.value, "")
        try:
            with self.book.telling([offered]):
                await courier.offer(release, [(known, offered)], storage.stored([offered], [event]))
        except DomainError as error:
            if (planned := self.book.of(offered.rollout).get(offered.device)) is not None:
                await self._keep(None, [step(planned, S.FAILED, offered.since, str(error))])
            return
        if (planned := self.book.of(offered.rollout).get(offered.device)) is not None:
            self.book.accept(replace(offered, heard=planned.heard))

    def _minute(self, now: int) -> int:
        """Of the site's day."""
        local = datetime.fromtimestamp(now / SECOND, ZoneInfo(self._zone()))
        return local.hour * 60 + local.minute
