"""Shadows of all devices: wishes are stored before they go out, reports are taken from whatever brings them."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from ohmstead.database import Database
from ohmstead.domain import shadow as rules
from ohmstead.domain.command import Offer
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import InvalidInput, MalformedPayload
from ohmstead.domain.shadow import DesiredChanged, Greeted, Reported, Shadow
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.counters import Counters
from ohmstead.services.registry import Known
from ohmstead.storage import shadows as store
from ohmstead.storage.shadows import Stored

NOTHING: Final = 0
LONGEST_DOCUMENT: Final = 32 * 1024  # bytes of JSON; what a small device still can read
MOST_OFFERS: Final = 100
LONGEST_WAIT_S: Final = 60.0
# Devices that are told the same at the same instant stay in step: they ask, load and restart together, and samples
# wait for all of them.
BETWEEN_S: Final = 0.05

Also = Callable[[sa.Connection], None]  # what belongs into the same transaction


class Shadows:
    """Event-loop only. Everything is in memory, and written through."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, counters: Counters) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._counters = counters
        self._stored: dict[int, Stored] = {}
        self._waiting: dict[int, set[asyncio.Future[None]]] = {}
        self._gathered: _Gathered | None = None
        bus.subscribe(DeviceChanged, self._device_changed)

    async def load(self) -> None:
        self._stored = await self._database.read(store.load)

    # Looking

    def of(self, device: int) -> Shadow:
        return self._stored.get(device, _NEW).shadow

    def offers(self, device: int) -> tuple[Offer, ...] | None:
        """The commands the device announced; None if it never said hello."""
        return self._stored.get(device, _NEW).offers

    def offered(self, device: int, name: str) -> Offer | None:
        return next((o for o in self.offers(device) or () if o.name == name), None)

    def with_wishes(self) -> list[int]:
        """Devices that have a desired document."""
        return [device for device, stored in self._stored.items() if stored.shadow.version]

    async def newer(self, device: int, version: int, wait_s: float) -> Shadow:
        """The shadow as soon as its version is not `version`, or after `wait_s`.

        A device that names an older version than it did before has started anew.
        """
        if version < self.of(device).seen:
            self.connected(device)
        if self.of(device).version == version and wait_s > 0:
            await self.changed(device, wait_s)
        return self.of(device)

    async def changed(self, device: int, wait_s: float) -> None:
        """Return when something waits for the device, or after `wait_s`."""
        future = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(device, set())
        waiting.add(future)
        try:
            async with asyncio.timeout(min(wait_s, LONGEST_WAIT_S)):
                await future
        except TimeoutError:
            pass
        finally:
            waiting.discard(future)
            if not waiting:
                self._waiting.pop(device, None)

    def wake(self, device: int) -> None:
        """Let those who wait for news for the device look."""
        for future in self._waiting.get(device, ()):
            if not future.done():
                future.set_result(None)

    def shut(self) -> None:
        """Let everyone who waits look: the server is going down."""
        for device in list(self._waiting):
            self.wake(device)

    # Changing

    async def wish(
        self, device: int, changes: Mapping[str, Any], *, author: str, reason: str = "", also: Also | None = None
    ) -> Shadow:
        """Desire fields (None takes a wish away); returns once it is on disk. The last one accepted wins.

        `also` is written in the same transaction. Raises InvalidInput.
        """
        await self._wish({device: changes}, author, reason, also, later=False)
        return self.of(device)

    async def wish_all(self, wishes: Mapping[int, Mapping[str, Any]], *, author: str, also: Also | None = None) -> None:
        """The same for many devices in one transaction: all of it, and `also`, or nothing. It can wait a moment.

        They are told one after the other.
        """
        await self._wish(wishes, author, "", also, later=True)

    async def _wish(
        self, wishes: Mapping[int, Mapping[str, Any]], author: str, reason: str, also: Also | None, *, later: bool
    ) -> None:
        before = {device: self._stored.get(device, _NEW) for device in wishes}
        after = {}
        for device, changes in wishes.items():
            found = before[device].shadow
            shadow = rules.wish(found, changes, at=self._clock.now(), author=author, reason=reason)
            if len(msgspec.json.encode(shadow.document())) > LONGEST_DOCUMENT:
                raise InvalidInput(f"the desired state is longer than {LONGEST_DOCUMENT} bytes")
            after[device] = replace(before[device], shadow=shadow)
        self._stored |= after
        self._gathered = None  # what is reported from here on is stored behind this

        def write(connection: sa.Connection) -> None:
            store.put_all(connection, after)
            if also is not None:
                also(connection)

        try:
            await self._database.write(write, later=later)
        except BaseException:
            for device, stored in after.items():
                if self._stored.get(device) is stored:
                    self._stored[device] = before[device]
            raise
        loop = asyncio.get_running_loop()
        for number, (device, changes) in enumerate(wishes.items()):
            if number == 0:
                self._tell(device, frozenset(changes))
            else:
                loop.call_later(number * BETWEEN_S, self._tell, device, frozenset(changes))

    def report(self, known: Known, version: int, state: Mapping[str, Any]) -> int:
        """Take in a report; the ticket after which it is on disk. Raises MalformedPayload."""
        device = known.device.id
        if len(msgspec.json.encode(state)) > LONGEST_DOCUMENT:
            raise MalformedPayload(f"the reported state is longer than {LONGEST_DOCUMENT} bytes")
        before = self._stored.get(device, _NEW)
        outcome = rules.report(before.shadow, version, state, at=self._clock.now())
        if outcome.stale:
            self._counters.stale_reports += 1
            return NOTHING
        ticket = NOTHING
        stored = self._stored[device] = replace(before, shadow=outcome.shadow)
        if replace(outcome.shadow, reported_at=None) != replace(before.shadow, reported_at=None):
            ticket = self._put(device, stored)
        self._bus.publish(Reported(device, frozenset(state), outcome.local))
        if outcome.shadow.version != before.shadow.version:
            self._tell(device, outcome.local)
        return ticket

    def hello(self, known: Known, boot: str | None, offers: Sequence[Offer]) -> int:
        """A device has started, or says again who it is; the ticket after which it is on disk."""
        device = known.device.id
        before = self._stored.get(device, _NEW)
        anew = boot is None or boot != before.boot
        shadow = rules.restarted(before.shadow) if anew else before.shadow
        stored = self._stored[device] = Stored(shadow, boot, tuple(offers[:MOST_OFFERS]))
        ticket = self._put(device, stored) if stored != before else NOTHING
        self._bus.publish(Greeted(device, anew=anew and before.boot is not None))
        return ticket

    def connected(self, device: int) -> None:
        """The device came back: what it reports now is its present state, whatever version it names."""
        if (stored := self._stored.get(device)) is not None:
            self._stored[device] = replace(stored, shadow=rules.restarted(stored.shadow))

    def _put(self, device: int, stored: Stored) -> int:
        """What many devices say at about the same time is one closure."""
        gathered = self._gathered
        if gathered is None or not gathered.add(device, stored):
            self._gathered = gathered = _Gathered(device, stored)
            gathered.ticket = self._database.writer.put(gathered.write, later=True)
        return gathered.ticket

    def _tell(self, device: int, fields: frozenset[str]) -> None:
        self._bus.publish(DesiredChanged(device, fields))
        self.wake(device)

    def _device_changed(self, fact: DeviceChanged) -> None:
        if fact.gone:
            self.wake(fact.device)


class _Gathered:
    """Shadows that wait for the writer's thread: until it begins with them, the loop adds to them."""

    def __init__(self, device: int, stored: Stored) -> None:
        self.ticket = NOTHING
        self._changed = {device: stored}
        self._begun = False
        self._lock = threading.Lock()

    def add(self, device: int, stored: Stored) -> bool:
        """False when it is too late."""
        with self._lock:
            if not self._begun:
                self._changed[device] = stored
            return not self._begun

    def write(self, connection: sa.Connection) -> None:
        with self._lock:
            self._begun = True
        store.put_all(connection, self._changed)


_NEW: Final = Stored()
