"""The live view: what changed, to whoever is looking, at most ten times a second."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

import msgspec

from ohmstead.domain.access import Principal
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import NotFound
from ohmstead.domain.person import AccessChanged, CredentialsRevoked
from ohmstead.domain.telemetry import MS, Times, Values
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.counters import Counters
from ohmstead.services.registry import Registry

SHORTEST_S: Final = 0.1  # between two frames of changes
LONGEST_WAIT_S: Final = 5.0  # whoever leaves frames waiting longer is told so and closed
MOST_FRAMES_WAITING: Final = 5_000  # more at once are only made by something gone mad

Scope = frozenset[int] | None  # channels, or None for all
Runs = Sequence[tuple[Layout, Times, Values]]
encode = msgspec.json.Encoder().encode


class Ending(Enum):
    """Why the server ends a view."""

    TOO_SLOW = "too slow"
    REVOKED = "logged out"
    CHANGED = "your rights changed; connect again"
    SHUTDOWN = "the server is going down"


class Viewer:
    """One live connection: a bounded queue of frames that its door empties."""

    __slots__ = ("_filled", "_frames", "_since", "ended", "principal", "subscribed")

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.subscribed: frozenset[int] | None = None
        self.ended: Ending | None = None
        self._frames: list[bytes] = []
        self._since = 0.0  # when the first frame that waits came
        self._filled = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Many frames at one moment are no sign of slowness; one that waits for long is."""
        now = time.monotonic()
        if not self._frames:
            self._since = now
        if now - self._since > LONGEST_WAIT_S or len(self._frames) >= MOST_FRAMES_WAITING:
            self.ended = Ending.TOO_SLOW
        else:
            self._frames.append(frame)
        self._filled.set()

    def end(self, why: Ending) -> None:
        self.ended = why
        self._filled.set()

    async def take(self) -> list[bytes]:
        """All frames that wait, at least one unless the view ended."""
        while not self._frames and self.ended is None:
            self._filled.clear()
            await self._filled.wait()
        frames, self._frames = self._frames, []
        return frames


class Live:
    """Event-loop only. Values are encoded once for all viewers that see the same channels."""

    def __init__(
        self,
        series: SeriesStore,
        registry: Registry,
        bus: Bus,
        clock: Clock,
        counters: Counters,
        render: Callable[[int], Any],
    ) -> None:
        self._series = series
        self._registry = registry
        self._clock = clock
        self._counters = counters
        self._render = render
        self._viewers: dict[Viewer, Scope] = {}
        self._changed: set[int] = set()
        self._devices: dict[int, bool] = {}  # those that changed since the last frame; True: gone
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        series.on_stored(self._stored)
        bus.subscribe(DeviceChanged, self._device_changed)
        bus.subscribe(CredentialsRevoked, self._revoked)
        bus.subscribe(AccessChanged, self._access_changed)

    # Viewers

    def open(self, principal: Principal) -> Viewer:
        """A new view. It hears only of what comes after; what came before is in its snapshot."""
        self._flush_devices()
        viewer = Viewer(principal)
        self._viewers[viewer] = self._scope(viewer)
        return viewer

    def close(self, viewer: Viewer) -> None:
        self._viewers.pop(viewer, None)
        if viewer.ended is Ending.TOO_SLOW:
            self._counters.live_too_slow += 1

    def subscribe(self, viewer: Viewer, channels: Iterable[int]) -> None:
        """Narrow what a viewer gets; channels it may not see are left out without a word."""
        viewer.subscribed = frozenset(channels)
        self._viewers[viewer] = self._scope(viewer)

    def snapshot(self, viewer: Viewer) -> bytes:
        devices = [k.device for k in self._registry if self._sees(viewer, k.device.id)]
        last = self._series.last
        channels = [c.id for d in devices for c in d.channels.values() if c.id in last]
        return encode(
            {
                "type": "snapshot",
                "at": self._clock.now() // MS,
                "devices": [self._render(d.id) for d in devices],
                "values": self._values(channels),
            }
        )

    def _sees(self, viewer: Viewer, device_id: int) -> bool:
        try:
            known = self._registry.get(device_id)
        except NotFound:
            return False
        return viewer.principal.may_see(device_id, claimed=known.device.claimed)

    def _scope(self, viewer: Viewer) -> Scope:
        allowed = [
            channel.id
            for known in self._registry
            if viewer.principal.may_see(known.device.id, claimed=known.device.claimed)
            for channel in known.device.channels.values()
        ]
        scope = frozenset(allowed)
        return scope if viewer.subscribed is None else scope & viewer.subscribed

    # What happens

    def _stored(self, runs: Runs) -> None:
        if not self._viewers:
            return
        for layout, _, _ in runs:
            self._changed.update(layout.series)
        if self._changed:
            self._flush_soon()

    def _flush_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._next_at, loop.time()), self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._next_at = asyncio.get_running_loop().time() + SHORTEST_S
        self._flush_devices()
        changed, self._changed = self._changed, set()
        frames: dict[Scope, bytes | None] = {}
        for viewer, scope in self._viewers.items():
            if scope not in frames:
                seen = changed if scope is None else changed & scope
                frames[scope] = self._changes(seen) if seen else None
            if (frame := frames[scope]) is not None:
                viewer.put(frame)

    def _changes(self, channels: Iterable[int]) -> bytes:
        return encode({"type": "changes", "at": self._clock.now() // MS, "values": self._values(channels)})

    def _values(self, channels: Iterable[int]) -> dict[str, tuple[int, float]]:
        last = self._series.last
        return {str(c): (last[c][0] // MS, last[c][1]) for c in channels if c in last}

    @property
    def watched(self) -> bool:
        """Whether anybody looks at all."""
        return bool(self._viewers)

    def tell(self, device_id: int, frame: Mapping[str, Any]) -> None:
        """Send one frame about a device to those who may see it."""
        encoded = encode(frame)
        for viewer in self._viewers:
            if self._sees(viewer, device_id):
                viewer.put(encoded)

    def tell_those(self, frame: Mapping[str, Any], may: Callable[[Principal], bool]) -> None:
        """Send one frame to those who may see what it is about."""
        encoded = encode(frame)
        for viewer in self._viewers:
            if may(viewer.principal):
                viewer.put(encoded)

    def _device_changed(self, fact: DeviceChanged) -> None:
        if self._viewers:
            self._devices[fact.device] = fact.gone
            self._flush_soon()

    def _flush_devices(self) -> None:
        """Tell of changed devices, each once, before the values that only their news let a viewer see."""
        devices, self._devices = self._devices, {}
        if not devices:
            return
        for viewer in self._viewers:
            self._viewers[viewer] = self._scope(viewer)
        for device, gone in devices.items():
            if gone:
                frame = encode({"type": "device", "device": {"id": str(device), "deleted": True}})
            else:
                try:
                    frame = encode({"type": "device", "device": self._render(device)})
                except NotFound:
                    continue  # gone meanwhile; its own news follows
            for viewer in self._viewers:
                if viewer.principal.may_see(device) if gone else self._sees(viewer, device):
                    viewer.put(frame)

    def _revoked(self, fact: CredentialsRevoked) -> None:
        for viewer in self._viewers:
            who = viewer.principal
            if (fact.session and who.session == fact.session) or (fact.token and who.token == fact.token):
                viewer.end(Ending.REVOKED)

    def _access_changed(self, fact: AccessChanged) -> None:
        """The view is asked to come again: what it may see is decided when it opens."""
        for viewer in self._viewers:
            if viewer.principal.user == fact.user:
                viewer.end(Ending.CHANGED)

    def shut(self) -> None:
        """End every view: the server is going down."""
        for viewer in self._viewers:
            viewer.end(Ending.SHUTDOWN)

    def ping(self) -> None:
        frame = encode({"type": "ping", "at": self._clock.now() // MS})
        for viewer in self._viewers:
            viewer.put(frame)
