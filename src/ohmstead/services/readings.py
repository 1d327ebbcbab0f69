"""Electric meters row by row: volts, amperes, watts and the register at one instant, newest first or live."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ohmstead.domain.access import Principal
from ohmstead.domain.device import Device, DeviceChanged
from ohmstead.domain.errors import NotFound
from ohmstead.domain.person import AccessChanged, CredentialsRevoked
from ohmstead.domain.telemetry import HOUR, Times, Values
from ohmstead.runtime.bus import Bus
from ohmstead.series import Layout, SeriesStore, TooManySamples
from ohmstead.services.registry import Registry
from ohmstead.services.usage import ELECTRIC

MOST_ROWS: Final = 10_000
MOST_WAITING: Final = 1_000  # readings that a slow follower may be behind
_FIRST_WINDOW_US: Final = HOUR
_GROWTH: Final = 8
_MOST_AT_ONCE: Final = 500_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter told of one instant, in canonical units; None for what it did not tell."""

    device: int
    t_us: int
    voltage: float | None
    current: float | None
    power: float | None
    energy: float | None  # register, Wh


class Follower:
    """One live connection. When it is too slow the oldest reading goes, and is counted."""

    __slots__ = ("_filled", "_waiting", "dropped", "ended", "principal", "renew")

    def __init__(self, principal: Principal, renew: Callable[[], Principal] | None) -> None:
        self.principal = principal
        self.renew = renew
        self.ended = False
        self.dropped = 0
        self._waiting: deque[Reading] = deque(maxlen=MOST_WAITING)
        self._filled = asyncio.Event()

    def put(self, reading: Reading) -> None:
        self.dropped += len(self._waiting) == MOST_WAITING
        self._waiting.append(reading)
        self._filled.set()

    def end(self) -> None:
        self.ended = True
        self._filled.set()

    async def take(self) -> list[Reading]:
        """All readings that wait, at least one unless the following ended."""
        while not self._waiting and not self.ended:
            self._filled.clear()
            await self._filled.wait()
        found = list(self._waiting)
        self._waiting.clear()
        return found


class Readings:
    """Event-loop only."""

    def __init__(self, series: SeriesStore, registry: Registry, bus: Bus) -> None:
        self._series = series
        self._registry = registry
        self._followers: set[Follower] = set()
        self._columns: dict[int, tuple[int | None, ...] | None] = {}  # by layout
        self.dropped = 0
        series.on_stored(self._stored)
        bus.subscribe(CredentialsRevoked, self._revoked)
        bus.subscribe(AccessChanged, self._access_changed)
        bus.subscribe(DeviceChanged, self._device_changed)

    # Looking back

    def latest(self, device: Device) -> Reading | None:
        """The newest value of each channel, at the newest of their instants."""
        last = [self._series.last.get(c.id) if (c := device.channel_of(q)) else None for q in ELECTRIC]
        instants = [held[0] for held in last if held is not None]
        if not instants:
            return None
        return Reading(device.id, max(instants), *(None if held is None else held[1] for held in last))

    async def newest(self, device: Device, limit: int, t0: int | None = None, t1: int | None = None) -> list[Reading]:
        """At most `limit` readings in [t0, t1), newest first."""
        newest = self.latest(device)
        limit = min(limit, MOST_ROWS)
        if newest is None or limit <= 0:
            return []
        end = newest.t_us + 1 if t1 is None else min(t1, newest.t_us + 1)
        firsts = [
            found[0]
            for q in ELECTRIC
            if (c := device.channel_of(q)) is not None and (found := await self._series.first(c.id)) is not None
        ]
        start = max(min(firsts, default=end), t0 if t0 is not None else 0)
        window = _FIRST_WINDOW_US
        rows: list[Reading] = []
        while end > start and len(rows) < limit:
            low = max(start, end - window)
            try:
                rows += (await self._rows(device, low, end))[: limit - len(rows)]
            except TooManySamples:
                window = max(1, window // (2 * _GROWTH))
                continue
            end = low
            window *= _GROWTH
        return rows

    async def _rows(self, device: Device, t0: int, t1: int) -> list[Reading]:
        """All readings in [t0, t1), newest first."""
        columns = []
        for quantity in ELECTRIC:
            channel = device.channel_of(quantity)
            nothing = (np.empty(0, np.int64), np.empty(0))
            columns.append(nothing if channel is None else await self._series.raw(channel.id, t0, t1, _MOST_AT_ONCE))
        instants = np.unique(np.concatenate([t for t, _ in columns]))
        table = np.full((len(instants), len(columns)), np.nan)
        for n, (t, v) in enumerate(columns):
            table[np.searchsorted(instants, t), n] = v
        return [
            Reading(device.id, t, *(None if v != v else v for v in row))
            for t, row in zip(instants[::-1].tolist(), table[::-1].tolist(), strict=True)
        ]

    # Following

    def follow(self, principal: Principal, renew: Callable[[], Principal] | None = None) -> Follower:
        """Readings from now on that `principal` may see. `renew` tells what that is after devices changed."""
        follower = Follower(principal, renew)
        self._followers.add(follower)
        return follower

    def unfollow(self, follower: Follower) -> None:
        self._followers.discard(follower)
        self.dropped += follower.dropped

    def shut(self) -> None:
        """End every following: the server is going down."""
        for follower in self._followers:
            follower.end()

    def _stored(self, runs: Sequence[tuple[Layout, Times, Values]]) -> None:
        if not self._followers:
            return
        for layout, times, values in runs:
            columns = self._columns_of(layout)
            if columns is None or not len(times):
                continue
            # Of a batch the last row: whoever follows live wants to know how it is, not how it was.
            first = (len(times) - 1) * layout.width
            row = (None if c is None else float(values[first + c]) for c in columns)
            reading = Reading(layout.device, int(times[-1]), *row)
            try:
                claimed = self._registry.get(layout.device).device.claimed
            except NotFound:
                continue
            for follower in self._followers:
                if follower.principal.may_see(layout.device, claimed=claimed):
                    follower.put(reading)

    def _columns_of(self, layout: Layout) -> tuple[int | None, ...] | None:
        """Where voltage, current, power and energy are in a row; None where none of them is."""
        if layout.index not in self._columns:
            try:
                device = self._registry.get(layout.device).device
            except NotFound:
                return None
            channels = [device.channel_of(q) for q in ELECTRIC]
            found = tuple(layout.series.index(c.id) if c and c.id in layout.series else None for c in channels)
            self._columns[layout.index] = found if any(c is not None for c in found) else None
        return self._columns[layout.index]

    def _revoked(self, fact: CredentialsRevoked) -> None:
        for follower in self._followers:
            who = follower.principal
            if (fact.session and who.session == fact.session) or (fact.token and who.token == fact.token):
                follower.end()

    def _access_changed(self, fact: AccessChanged) -> None:
        for follower in self._followers:
            if follower.principal.user == fact.user:
                follower.end()

    def _device_changed(self, _: DeviceChanged) -> None:
        self._columns.clear()
        for follower in self._followers:
            if follower.renew is not None:
                follower.principal = follower.renew()
