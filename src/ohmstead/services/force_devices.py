"""Devices that stream force and have to be told when: who is connected, whose clock is where, and what they send.

Whoever needs samples holds the device; it streams while anybody does. Devices of system 002 forget orders and lose
stops, so a stop is repeated until the data ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ohmstead.dialects.dialect import Dialect
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.device_time import Ints
from ohmstead.domain.errors import Unavailable
from ohmstead.domain.recording import LinkLost
from ohmstead.domain.telemetry import MS, SECOND, Announcement, Batch, Run
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.devices import Devices
from ohmstead.services.force_intake import ForceIntake
from ohmstead.services.force_links import KEYS, ForceLink, ForceState
from ohmstead.services.force_names import ForceNames
from ohmstead.services.force_sight import ForceDevice, ForceSight, sees
from ohmstead.services.ingest import Ingest
from ohmstead.services.registry import Registry
from ohmstead.services.tickets import Tickets

ANNOUNCED: Final = tuple(Announcement(key, "raw", "counts") for key in KEYS)
QUIET_US: Final = 400 * MS  # bursts are up to 0.2 s apart: what is silent for longer has stopped
REPEAT_US: Final = 500 * MS  # between two stops
MOST_STOPS: Final = 20  # the generation that never stops is left alone then
SILENT_US: Final = 60 * SECOND  # who posts and has not for so long is gone

Samples = tuple[Sequence[int], Sequence[float], Sequence[float]]  # device ms, left, right


@dataclass(frozen=True, slots=True)
class Streamed:
    """Samples of a device came, as it sent them."""

    device: int
    frame: str
    samples: int


class ForceDevices:
    """Event-loop only."""

    def __init__(
        self,
        ingest: Ingest,
        registry: Registry,
        devices: Devices,
        series: SeriesStore,
        tickets: Tickets,
        calibrations: Calibrations,
        dialect: Dialect,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._ingest = ingest
        self._registry = registry
        self._devices = devices
        self._bus = bus
        self._clock = clock
        self._links: dict[int, ForceLink] = {}  # by device
        self._states: dict[int, ForceState] = {}
        self._holds: dict[int, dict[str, bool]] = {}  # by device: who wants samples, and whether now
        self._naming = asyncio.Lock()
        self._names = ForceNames(ingest, dialect, self._links, self._states, clock)
        self.intake = ForceIntake(ingest, tickets)
        self.sight = ForceSight(registry, devices, series, calibrations, dialect, clock, self._links, self._states)

    # Connections

    async def connect(
        self,
        serial: str,
        kind: str,
        address: str,
        send: Callable[[str], None] | None,
        close: Callable[[], None] = lambda: None,
        answers: Callable[[float], Awaitable[bool]] | None = None,
    ) -> ForceLink:
        """A device registered. Raises what ingest raises for one that may not come without credentials."""
        async with self._naming:  # of two that come at once, the second finds the first
            known = await self._names.device(serial)
            now = self._clock.now()
            device, state = known.device.id, self._states[known.device.id]
            if (old := self._links.get(device)) is not None:
                self._end(old)
            link = ForceLink(known, kind, address, send, close, now, now, answers)
            link.generation = "G0" if kind == "esp" else state.generation
            self._links[device] = link
        state.clock.reconnected()
        known.presence.connections += 1
        known.presence.heard(now)
        self.intake.begin(link)
        self._bus.publish(DeviceChanged(device))
        self._bus.publish(LinkLost(device, now, back=True))
        self.announce(link)  # it streams only when told, and a session is made of channels
        if self._wanted(link):
            self._order(link, "start")
        return link

    def disconnect(self, link: ForceLink) -> None:
        if self._links.get(link.known.device.id) is link:
            self._end(link)

    def _end(self, link: ForceLink) -> None:
        device = link.known.device.id
        self._links.pop(device, None)
        link.known.presence.disconnected()
        link.close()
        self._bus.publish(LinkLost(device, self._clock.now()))
        self._bus.publish(DeviceChanged(device))
        self.intake.end(link)

    async def posting(self, serial: str, address: str) -> ForceLink:
        """The connection of a device that has none: it posts. Raises what ingest raises."""
        known = self._registry.by_serial.get(serial)
        link = None if known is None else self._links.get(known.device.id)
        if link is not None and link.send is None:
            return link
        return await self.connect(serial, "esp32", address, None)

    def announce(self, link: ForceLink) -> None:
        """Its channels exist from now on, though it sent nothing yet."""
        if any(key not in link.known.device.channels for key in KEYS):
            self._ingest.submit(link.known, Batch([], announced=ANNOUNCED), self._clock.arrival())

    # Samples

    def heard(self, link: ForceLink) -> None:
        """It said something that is no sample."""
        link.heard_at = self._clock.now()
        link.known.presence.heard(link.heard_at)

    async def take(self, link: ForceLink, samples: Samples, frame: str) -> None:
        """Place samples in time and hand them to the store. Waits while too many are on their way to the disk."""
        ms, left, right = samples
        if not ms:
            return
        state = self._states[link.known.device.id]
        received = self._clock.arrival()
        was_quiet = received - link.data_at > QUIET_US
        link.heard_at = link.data_at = received
        instants = state.clock.place(ms, received)
        state.samples += len(ms)
        self._learn(link, state, was_quiet=was_quiet)
        values = np.empty(2 * len(ms))
        values[0::2], values[1::2] = left, right
        state.lately.extend(zip(ms, left, right, strict=True))
        state.latest_at = received
        announced = () if "right" in link.known.device.channels else ANNOUNCED
        batch = Batch([Run(KEYS, instants, values)], announced=announced)
        await self.intake.room(link)
        self.intake.offer(link, batch, received)
        self._bus.publish(Streamed(link.known.device.id, frame, len(ms)))

    def _learn(self, link: ForceLink, state: ForceState, *, was_quiet: bool) -> None:
        """Which firmware this is, as far as its behaviour shows."""
        if link.kind == "esp":
            state.generation = link.generation = "G0"
        elif not link.started:
            state.generation = link.generation = "G1"  # only that one streams without being asked
        elif not link.generation and was_quiet:
            state.generation = link.generation = "G2"

    # Orders

    def hold(self, device: int, key: str, *, trial: bool) -> None:
        """Somebody needs samples: `trial`: those of now; else a look at them is enough."""
        self._holds.setdefault(device, {})[key] = trial
        self._apply(device)

    def release(self, device: int, key: str) -> None:
        holds = self._holds.get(device, {})
        if holds.pop(key, None) is not None:
            self._apply(device)

    def release_all(self, device: int, prefix: str) -> None:
        for key in [key for key in self._holds.get(device, {}) if key.startswith(prefix)]:
            self.release(device, key)

    def held_by(self, device: int, prefix: str) -> bool:
        return any(key.startswith(prefix) for key in self._holds.get(device, {}))

    def _wanted(self, link: ForceLink) -> bool:
        holds = self._holds.get(link.known.device.id, {})
        # The oldest generation keeps what it measures until it is told to stop: it starts with the trial itself.
        return any(holds.values()) if link.kind == "esp" else bool(holds)

    def _apply(self, device: int) -> None:
        link = self._links.get(device)
        if link is None:
            return
        wanted = self._wanted(link)
        if wanted and link.told != "start":
            self._order(link, "start")
        elif not wanted and link.told == "start":
            self._order(link, "stop")

    def _order(self, link: ForceLink, command: str) -> None:
        now = self._clock.now()
        if command == "start":
            link.started = True
            link.stops = 0
            if link.kind == "esp":
                self._states[link.known.device.id].clock.started(now)
        else:
            link.stops += 1
        link.told, link.told_at = command, now
        if link.send is not None:
            # Both keys, and never the words a device takes for something else.
            link.send(f'{{"cmd":"{command}","command":"{command}"}}')

    def tick(self) -> None:
        """Repeat a stop that was lost, until the data ends or the device proves to be one that never stops."""
        now = self._clock.now()
        for link in list(self._links.values()):
            if link.send is None and now - link.heard_at > SILENT_US:
                self._end(link)  # it posts, and has not for a while
                continue
            if link.told != "stop" or now - link.told_at < REPEAT_US or now - link.data_at > QUIET_US:
                continue
            if link.kind == "esp" and link.stops > 1:
                continue  # it sends what it collected; another stop would change nothing
            if link.stops < MOST_STOPS:
                self._order(link, "stop")
            else:
                self._states[link.known.device.id].never_stops = True

    # Looking

    def link(self, device: int) -> ForceLink | None:
        return self._links.get(device)

    def connected(self, who: Principal) -> list[ForceLink]:
        """Of devices that `who` may see; who spoke last is first."""
        found = [k for k in self._links.values() if sees(who, k.known)]
        return sorted(found, key=lambda link: (link.data_at, link.connected_at), reverse=True)

    def samples(self, device: int) -> int:
        """How many came since this server began."""
        state = self._states.get(device)
        return 0 if state is None else state.samples

    def lately(self, device: int) -> list[tuple[int, float, float]]:
        """The last samples as (device ms, left, right)."""
        state = self._states.get(device)
        return [] if state is None else list(state.lately)

    def latest_at(self, device: int) -> int:
        """When samples came last; 0 before any did."""
        state = self._states.get(device)
        return 0 if state is None else state.latest_at

    def knots(self, device: int, start: int, end: int) -> list[tuple[int, int]]:
        state = self._states.get(device)
        return [] if state is None else state.clock.knots(start, end)

    def place(self, device: int, ms: Sequence[int], at: int) -> Ints:
        """Where the device's own times are in UTC."""
        return self._states[device].clock.place(ms, at)

    async def stream(self, who: Principal, device_id: int, command: str) -> ForceDevice:
        """A person starts or stops a device. Raises Unavailable when it is not connected."""
        known = self._devices.get(who, device_id)
        who.require(Permission.CONTROL)
        key = "person"
        if command == "start":
            if device_id not in self._links:
                raise Unavailable("this device is not connected")
            self.hold(device_id, key, trial=True)
        else:
            self.release(device_id, key)
        return await self.sight.of(known)

    async def shut(self) -> None:
        """End every connection; return once what came over them is on disk, or cannot be."""
        for link in list(self._links.values()):
            self._end(link)
        await self.intake.shut()
