"""Rollouts in memory: every one, and the installations of those that are not over; written through in groups."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

import sqlalchemy as sa

from ohmstead.database import Database
from ohmstead.domain.errors import NotFound
from ohmstead.domain.installation import Happened, Installation, InstallationState
from ohmstead.domain.rollout import ABSENT_S, Rollout, Tally
from ohmstead.storage import rollouts as store

# Progress in between is seen, but kept only in steps: a device may report it every second.
PROGRESS_STEP: Final = 0.5
# Samples wait while this many steps are stored; the rollout itself goes with the last of them, so that what a crash
# leaves undone is done by the next look.
STORED_AT_ONCE: Final = 10


class RolloutBook:
    """Event-loop only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rollouts: dict[int, Rollout] = {}
        self._live: dict[int, dict[int, Installation]] = {}  # rollout -> device -> installation
        self._planned: dict[int, dict[int, None]] = {}  # rollout -> devices that have not begun, in order of their turn
        self._open: dict[int, dict[int, None]] = {}
        self._tallies: dict[int, list[Counter[InstallationState]]] = {}
        self.busy: dict[int, int] = {}  # device -> the rollout it is open or planned in
        self._telling: dict[int, Installation] = {}  # device -> an offer that is on its way to the disk and the device
        self._stored: dict[tuple[int, int], tuple[InstallationState | None, float]] = {}  # what the disk knows

    async def load(self) -> None:
        self.rollouts = {one.id: one for one in await self._database.read(store.load)}
        unfinished = await self._database.read(store.installations)
        ids = {one.rollout for one in unfinished} | {one.id for one in self.rollouts.values() if one.moving}
        for one in await self._database.read(lambda c: store.installations(c, sorted(ids))):
            self._admit(one)

    def one(self, rollout_id: int) -> Rollout:
        found = self.rollouts.get(rollout_id)
        if found is None:
            raise NotFound("there is no such rollout")
        return found

    def live(self) -> list[int]:
        """Rollouts that still have something to look at."""
        return list(self._live)

    def of(self, rollout_id: int) -> dict[int, Installation]:
        """Installations of a live rollout by device; empty for one that is over."""
        return self._live.get(rollout_id, {})

    def open(self, rollout_id: int) -> list[Installation]:
        live = self.of(rollout_id)
        return [live[device] for device in self._open.get(rollout_id, ())]

    def planned(self, rollout_id: int) -> Iterator[Installation]:
        """In order of their turn; not to be kept while anything changes."""
        live = self.of(rollout_id)
        return (live[device] for device in self._planned.get(rollout_id, ()))

    def open_of(self, device: int) -> Installation | None:
        rollout_id = self.busy.get(device)
        return None if rollout_id is None else self._live[rollout_id].get(device)

    @contextlib.contextmanager
    def telling(self, offered: Sequence[Installation]) -> Iterator[None]:
        """While the block runs, devices may hear of these offers, and ask for what they were offered."""
        self._telling |= {one.device: one for one in offered}
        try:
            yield
        finally:
            for one in offered:
                self._telling.pop(one.device, None)

    def offered_to(self, device: int) -> Installation | None:
        """As `open_of`, for a device that may be quicker than the commit of its offer."""
        return self._telling.get(device) or self.open_of(device)

    async def installations(self, rollout_id: int) -> list[Installation]:
        if (live := self._live.get(rollout_id)) is not None:
            return list(live.values())
        return await self._database.read(lambda c: store.installations(c, [rollout_id]))

    def tallies(self, rollout: Rollout) -> list[Tally]:
        absent: Counter[int] = Counter()
        for one in self.open(rollout.id):
            absent[one.wave] += one.absent(rollout.clock, ABSENT_S)
        return [Tally(states, absent[wave]) for wave, states in enumerate(self._tallies[rollout.id])]

    async def add(self, rollout: Rollout, installations: list[Installation]) -> None:
        await self._database.write(lambda c: store.insert(c, rollout, installations))
        self.rollouts[rollout.id] = rollout
        for one in installations:
            self._admit(one)

    def _admit(self, one: Installation) -> None:
        rollout = self.rollouts[one.rollout]
        self._live.setdefault(one.rollout, {})[one.device] = one
        tallies = self._tallies.setdefault(one.rollout, [Counter() for _ in rollout.sizes])
        tallies[one.wave][one.state] += 1
        self._sort(one)
        if not one.ended:
            self.busy[one.device] = one.rollout

    def _sort(self, one: Installation) -> None:
        """Into those that have not begun, and those that are under way."""
        for held, belongs in (
            (self._planned, one.state is InstallationState.PLANNED),
            (self._open, one.open),
        ):
            devices = held.setdefault(one.rollout, {})
            if belongs:
                devices[one.device] = None
            else:
                devices.pop(one.device, None)

    def accept(self, changed: Installation) -> None:
        """This is how the installation is now; it is on disk, or `save` follows."""
        before = self._live[changed.rollout][changed.device]
        self._live[changed.rollout][changed.device] = changed
        tally = self._tallies[changed.rollout][changed.wave]
        tally[before.state] -= 1
        tally[changed.state] += 1
        self._sort(changed)
        if changed.ended and self.busy.get(changed.device) == changed.rollout:
            del self.busy[changed.device]

    def forget_device(self, device: int) -> None:
        """The device's row is gone, and with it its installations."""
        for rollout_id, live in self._live.items():
            if (one := live.pop(device, None)) is not None:
                self._tallies[rollout_id][one.wave][one.state] -= 1
                self._planned[rollout_id].pop(device, None)
                self._open[rollout_id].pop(device, None)
        self.busy.pop(device, None)

    def close(self, rollout_id: int) -> None:
        """Nothing of it needs to be looked at any more."""
        for device in self._live.pop(rollout_id, {}):
            self._stored.pop((rollout_id, device), None)
        for held in (self._tallies, self._planned, self._open):
            held.pop(rollout_id, None)

    async def save(self, rollout: Rollout | None, changed: list[Installation], events: list[Happened]) -> None:
        """Take over in memory, then store."""
        if rollout is not None:
            self.rollouts[rollout.id] = rollout
        worth = []
        for one in changed:
            self.accept(one)
            state, progress = self._stored.get((one.rollout, one.device), (None, 0.0))
            if state is not one.state or abs(progress - one.progress) >= PROGRESS_STEP:
                self._stored[one.rollout, one.device] = (one.state, one.progress)
                worth.append(one)
        pieces = max(ceil(max(len(worth), len(events)) / STORED_AT_ONCE), rollout is not None)
        for n in range(pieces):
            some = slice(n * STORED_AT_ONCE, (n + 1) * STORED_AT_ONCE)
            await self._store(rollout if n == pieces - 1 else None, worth[some], events[some])

    async def _store(self, rollout: Rollout | None, changed: list[Installation], events: list[Happened]) -> None:
        def write(connection: sa.Connection) -> None:
            store.update_installations(connection, changed)
            store.record(connection, events)
            if rollout is not None:
                store.update(connection, rollout)

        await self._database.write(write, later=True)
