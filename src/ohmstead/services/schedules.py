"""Schedules: run once at each of their times, over restarts and changes of the clocks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from ohmstead.database import Database, StorageFailure
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.person import Site
from ohmstead.domain.scene import Action, Schedule, Setting
from ohmstead.domain.schedule import Timing, due, next_run
from ohmstead.domain.schedule_week import Day, Run, days_from, monday_of, runs_within
from ohmstead.domain.shadow import Greeted
from ohmstead.domain.telemetry import HOUR, MS
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.outputs import Outputs
from ohmstead.services.rooms import clean_name
from ohmstead.services.scenes import Scenes
from ohmstead.services.shadows import Shadows
from ohmstead.services.sunlight import sun_of
from ohmstead.storage import schedules as store

log = structlog.get_logger(__name__)

MOST_SCHEDULES: Final = 500
SCHEDULES: Final = "schedules"  # what a device announces that can run them itself; also the field they travel in
RUNS_AHEAD: Final = 8  # how many of its next runs such a device is told: a week without the server
SHARE_EVERY_US: Final = 6 * HOUR


class Schedules:
    def __init__(
        self,
        database: Database,
        scenes: Scenes,
        outputs: Outputs,
        shadows: Shadows,
        site: Callable[[], Site],
        audit: Audit,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._scenes = scenes
        self._outputs = outputs
        self._shadows = shadows
        self._site = site
        self._audit = audit
        self._clock = clock
        self._schedules: dict[int, Schedule] = {}
        self._newest = 0
        self._next: dict[int, int | None] = {}
        self._site_then: Site | None = None
        self._to_share: set[int] = set()
        self._shared_at = 0
        bus.subscribe(Greeted, lambda fact: self._to_share.add(fact.device))

    async def load(self) -> None:
        self._schedules = {one.id: one for one in await self._database.read(store.load)}
        self._newest = max(self._schedules, default=0)

    # Looking

    def visible(self, who: Principal) -> list[Schedule]:
        """Schedules of outputs and scenes that `who` may see; for who sees everything, of those that are gone, too."""
        who.require(Permission.DEVICES_READ)
        if who.only_devices is None and who.device is None:
            return list(self._schedules.values())
        outputs = {view.output.id for view in self._outputs.visible(who)}
        scenes = {scene.id for scene in self._scenes.visible(who)}
        return [
            one
            for one in self._schedules.values()
            if (one.action.scene in scenes if one.action.setting is None else one.action.setting.output in outputs)
        ]

    def next_run(self, schedule: Schedule) -> int | None:
        """When it runs next; None while it is switched off, and where the sun does not rise for a year."""
        if not schedule.enabled:
            return None
        site = self._site()
        return next_run(schedule.timing, self._clock.now(), ZoneInfo(site.zone), sun_of(site))

    def week(self, who: Principal, first: date | None = None) -> tuple[str, list[Day], list[tuple[Schedule, Run]]]:
        """The site's zone, seven days (None: from this Monday) and what runs in them, switched off or not."""
        site = self._site()
        zone, sun = ZoneInfo(site.zone), sun_of(site)
        try:
            days = days_from(first or monday_of(self._clock.now(), zone), zone, sun)
        except (OverflowError, ValueError):
            raise InvalidInput("from: a day of our time") from None
        runs = [(one, run) for one in self.visible(who) for run in runs_within(one.timing, days, zone, sun)]
        return site.zone, days, sorted(runs, key=lambda pair: pair[1].at)

    def on_device(self, schedule: Schedule) -> bool:
        """Whether every device it switches has said that it keeps its schedules itself."""
        devices = self._devices_of(schedule)
        return schedule.enabled and bool(devices) and all(self._shadows.of(d).settled(SCHEDULES) for d in devices)

    def get(self, schedule_id: int) -> Schedule:
        try:
            return self._schedules[schedule_id]
        except KeyError:
            raise NotFound("there is no such schedule") from None

    # Changing

    async def put(
        self, who: Principal, schedule_id: int | None, name: str, timing: Timing, action: Action, *, enabled: bool
    ) -> Schedule:
        """A new schedule (None), or another content of one. Raises NotFound, Forbidden, Conflict, InvalidInput."""
        who.require(Permission.ROOMS_EDIT)
        if schedule_id is not None:
            self.get(schedule_id)
        elif len(self._schedules) >= MOST_SCHEDULES:
            raise Conflict(f"at most {MOST_SCHEDULES} schedules")
        site = self._site()
        if timing.sun is not None and (site.latitude is None or site.longitude is None):
            raise InvalidInput("say first where the site lies (latitude and longitude): the sun rises by that")
        if action.setting is not None:
            action = Action(setting=self._scenes.check(who, action.setting))
        elif action.scene is not None:
            self._scenes.get(action.scene)
        if schedule_id is None:
            self._newest += 1
        number = self._newest if schedule_id is None else schedule_id
        schedule = Schedule(
            number, clean_name(name, "a schedule"), enabled, timing, action, who.name, self._clock.now()
        )
        await self._database.write(lambda c: store.put(c, schedule))
        self._to_share |= self._devices_of(self._schedules.get(number)) | self._devices_of(schedule)
        self._schedules[number] = schedule
        self._next.pop(number, None)
        await self._audit.record(who.name, "schedule.change", schedule.name, "" if enabled else "off")
        return schedule

    async def remove(self, who: Principal, schedule_id: int) -> None:
        who.require(Permission.ROOMS_EDIT)
        schedule = self.get(schedule_id)
        await self._database.write(lambda c: store.delete(c, schedule_id))
        del self._schedules[schedule_id]
        self._next.pop(schedule_id, None)
        self._to_share |= self._devices_of(schedule)
        await self._audit.record(who.name, "schedule.remove", schedule.name)

    # Running

    async def tick(self) -> None:
        """Once a second: carry out what is due."""
        now, site = self._clock.now(), self._site()
        if site != self._site_then:  # another zone or place: every next run is another one
            self._site_then = site
            self._next.clear()
        for schedule in list(self._schedules.values()):
            if schedule.enabled and self._is_due(schedule, now, site):
                await self._run(schedule, now, site)
        await self._share(now)

    def _is_due(self, schedule: Schedule, now: int, site: Site) -> bool:
        if schedule.id not in self._next:
            zone = ZoneInfo(site.zone)
            self._next[schedule.id] = next_run(schedule.timing, schedule.done_until, zone, sun_of(site))
        at = self._next[schedule.id]
        return at is not None and at <= now

    async def _run(self, schedule: Schedule, now: int, site: Site) -> None:
        found = due(schedule.timing, schedule.done_until, now, ZoneInfo(site.zone), sun_of(site))
        if found.skipped:
            log.warning("schedule skipped", schedule=schedule.name, missed=found.skipped)
            await self._audit.record("schedule", "schedule.skip", schedule.name, f"{found.skipped} missed")
        if found.run is not None:
            # Carried out before it is noted: after a crash in between it is set again, to the same states.
            await self._carry_out(schedule)
        self._next.pop(schedule.id, None)
        if self._schedules.get(schedule.id) is schedule:
            self._schedules[schedule.id] = replace(schedule, done_until=found.done_until)
            await self._database.write(lambda c: store.done(c, schedule.id, found.done_until))

    async def _carry_out(self, schedule: Schedule) -> None:
        try:
            await self._scenes.apply(self._settings(schedule), author="schedule", reason=schedule.name)
        except InvalidInput as error:  # it will not be better a second later, and others wait
            log.warning("schedule could not be carried out", schedule=schedule.name, reason=str(error))
            await self._audit.record("schedule", "schedule.skip", schedule.name, str(error))

    def _settings(self, schedule: Schedule) -> tuple[Setting, ...]:
        action = schedule.action
        if action.setting is not None:
            return (action.setting,)
        try:
            return self._scenes.get(action.scene or 0).settings
        except NotFound:
            return ()

    # On the device

    def _devices_of(self, schedule: Schedule | None) -> set[int]:
        if schedule is None:
            return set()
        found = (self._outputs.known(setting.output) for setting in self._settings(schedule))
        return {output.device for output in found if output is not None}

    async def _share(self, now: int) -> None:
        """Tell devices that can run schedules themselves what to do when, so that they do it without us too."""
        if now - self._shared_at >= SHARE_EVERY_US:
            self._shared_at = now
            for schedule in self._schedules.values():
                self._to_share |= self._devices_of(schedule)
        while self._to_share:
            device = self._to_share.pop()
            if self._shadows.offered(device, SCHEDULES) is None:
                continue
            wanted = self._entries(device, now)
            wish = self._shadows.of(device).desired.get(SCHEDULES)
            if (None if wish is None else wish.value) != (wanted or None):
                try:
                    await self._shadows.wish(device, {SCHEDULES: wanted or None}, author="server")
                except StorageFailure:
                    self._to_share.add(device)
                    raise

    def _entries(self, device: int, now: int) -> list[dict[str, Any]]:
        site = self._site()
        zone, sun = ZoneInfo(site.zone), sun_of(site)
        entries: list[dict[str, Any]] = []
        for schedule in self._schedules.values():
            if not schedule.enabled:
                continue
            runs: list[int] = []
            while len(runs) < RUNS_AHEAD:
                at = next_run(schedule.timing, runs[-1] if runs else now, zone, sun)
                if at is None:
                    break
                runs.append(at)
            for setting in self._settings(schedule):
                output = self._outputs.known(setting.output)
                if output is not None and output.device == device:
                    entry = {"id": str(schedule.id), "field": output.field, "state": setting.state}
                    told: dict[str, Any] = {"for_s": setting.for_s, "runs": [at // MS for at in runs]}
                    entries.append(entry | told)
        return entries
