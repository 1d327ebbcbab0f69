"""The live view of fast traces: every sample of a few channels, as columns, up to 60 times a second.

What it loses nobody misses: it listens after the commit, and a view that does not keep up gets fewer, larger frames.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from ohmstead.domain.access import Principal
from ohmstead.domain.person import AccessChanged, CredentialsRevoked
from ohmstead.domain.recording import TrialChanged
from ohmstead.domain.telemetry import Times, Values
from ohmstead.runtime.bus import Bus
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.devices import Devices
from ohmstead.services.live import Ending

FASTEST_HZ: Final = 60
MOST_CHANNELS: Final = 32
MOST_WAITING: Final = 600  # frames: ten seconds at full speed; then the oldest go
encode = msgspec.json.Encoder().encode


class FastViewer:
    """One view. `take` waits for frames, at least one unless it ended."""

    __slots__ = ("_filled", "_frames", "channels", "dropped", "ended", "principal")

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.channels: frozenset[int] = frozenset()
        self.ended: Ending | None = None
        self.dropped = 0
        self._frames: list[bytes] = []
        self._filled = asyncio.Event()

    def put(self, frame: bytes) -> None:
        if len(self._frames) >= MOST_WAITING:
            self.dropped += len(self._frames) // 2
            del self._frames[: len(self._frames) // 2]
        self._frames.append(frame)
        self._filled.set()

    def end(self, why: Ending) -> None:
        self.ended = why
        self._filled.set()

    async def take(self) -> list[bytes]:
        while not self._frames and self.ended is None:
            self._filled.clear()
            await self._filled.wait()
        frames, self._frames = self._frames, []
        return frames


class FastLive:
    """Event-loop only."""

    def __init__(self, series: SeriesStore, devices: Devices, calibrations: Calibrations, bus: Bus) -> None:
        self._devices = devices
        self._calibrations = calibrations
        self._viewers: set[FastViewer] = set()
        self._watched: frozenset[int] = frozenset()
        self._waiting: dict[Layout, list[tuple[Times, Values]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._next_at = 0.0
        # Whether a recording is about one of these channels: told by who knows recordings.
        self.concerns: Callable[[int, frozenset[int]], bool] = lambda recording, channels: False
        series.on_stored(self._stored)
        bus.subscribe(CredentialsRevoked, self._revoked)
        bus.subscribe(AccessChanged, self._access_changed)
        bus.subscribe(TrialChanged, self._trial_changed)

    def open(self, principal: Principal) -> FastViewer:
        viewer = FastViewer(principal)
        self._viewers.add(viewer)
        return viewer

    def close(self, viewer: FastViewer) -> None:
        self._viewers.discard(viewer)
        self._watch()

    def subscribe(self, viewer: FastViewer, channels: Iterable[int]) -> bytes:
        """The frame that tells what will come; channels the viewer may not see are left out without a word."""
        found = []
        for channel_id in list(dict.fromkeys(channels))[:MOST_CHANNELS]:
            channel = self._devices.known_channel(channel_id)
            if channel is not None and self._devices.may_see(viewer.principal, channel.device):
                found.append(channel)
        viewer.channels = frozenset(channel.id for channel in found)
        self._watch()
        shown = []
        for channel in found:
            held = self._calibrations.holding(channel.id)
            shown.append(
                {
                    "id": str(channel.id),
                    "device_id": str(channel.device),
                    "key": channel.key,
                    "unit": "N" if held is not None else channel.unit,
                    "calibration_id": None if held is None else str(held.id),
                }
            )
        return encode({"type": "channels", "channels": shown})

    def _watch(self) -> None:
        self._watched = frozenset[int]().union(*(viewer.channels for viewer in self._viewers))
        if not self._watched:
            self._waiting.clear()

    def _stored(self, runs: Sequence[tuple[Layout, Times, Values]]) -> None:
        if not self._watched:
            return
        for layout, times, values in runs:
            if len(times) and not self._watched.isdisjoint(layout.series):
                self._waiting.setdefault(layout, []).append((times, values))
        if self._waiting and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._next_at, loop.time()), self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._next_at = asyncio.get_running_loop().time() + 1 / FASTEST_HZ
        waiting, self._waiting = self._waiting, {}
        for layout, pieces in waiting.items():
            frames: dict[frozenset[int], bytes] = {}
            for viewer in self._viewers:
                wanted = viewer.channels.intersection(layout.series)
                if not wanted:
                    continue
                if wanted not in frames:
                    frames[wanted] = self._frame(layout, pieces, wanted)
                viewer.put(frames[wanted])

    def _frame(self, layout: Layout, pieces: Sequence[tuple[Times, Values]], wanted: frozenset[int]) -> bytes:
        times = np.concatenate([np.asarray(t, np.int64) for t, _ in pieces])
        table = np.concatenate([np.asarray(v, np.float64) for _, v in pieces]).reshape(-1, layout.width)
        start = int(times.min())
        values = {}
        for n, channel in enumerate(layout.series):
            if channel in wanted:
                line = self._calibrations.holding_line(channel)
                column = table[:, n] if line is None else np.round(line.newtons(table[:, n]), 3)
                values[str(channel)] = column.tolist()
        return encode(
            {
                "type": "columns",
                "device_id": str(layout.device),
                "t0_us": start,
                "dt_us": (times - start).tolist(),
                "v": values,
                "at": time.time_ns() // 1_000_000,
            }
        )

    def _trial_changed(self, fact: TrialChanged) -> None:
        """Views are told that something is new; what it is they ask for, with the rights they have."""
        if self._viewers:
            frame = encode({"type": "trial", "trial_id": str(fact.trial), "recording_id": str(fact.recording)})
            for viewer in self._viewers:
                if self.concerns(fact.recording, viewer.channels):
                    viewer.put(frame)

    def _revoked(self, fact: CredentialsRevoked) -> None:
        for viewer in self._viewers:
            who = viewer.principal
            if (fact.session and who.session == fact.session) or (fact.token and who.token == fact.token):
                viewer.end(Ending.REVOKED)

    def _access_changed(self, fact: AccessChanged) -> None:
        for viewer in self._viewers:
            if viewer.principal.user == fact.user:
                viewer.end(Ending.CHANGED)

    def shut(self) -> None:
        for viewer in self._viewers:
            viewer.end(Ending.SHUTDOWN)
