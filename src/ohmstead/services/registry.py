"""Every device in memory: what the hot path needs to know without asking the database."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ohmstead.database import Database
from ohmstead.domain.channel import ChannelSpec
from ohmstead.domain.device import Channel, Device, DeviceChanged, DeviceState, Presence
from ohmstead.domain.errors import NotFound
from ohmstead.domain.intake import KnownChannels
from ohmstead.domain.telemetry import Announcement
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.rates import Rate
from ohmstead.series import Layout, SeriesStore
from ohmstead.storage import devices as store
from ohmstead.storage import retired

NO_CHANNEL: Final = "there is no such channel"


@dataclass(slots=True)
class Resolved:
    """The channels behind one tuple of keys: their layout, and how sent values become stored ones."""

    layout: Layout
    factors: NDArray[np.float64] | None  # None: nothing to convert
    shifts: NDArray[np.float64] | None


@dataclass(slots=True)
class Known:
    """A device with what only this process needs to remember of it."""

    device: Device
    rate: Rate
    channels: KnownChannels
    presence: Presence = field(default_factory=Presence)
    resolved: dict[tuple[str, ...], Resolved] = field(default_factory=dict)
    owns_token: bool = False
    announced: Sequence[Announcement] = ()  # what it said last of its channels
    received: int = 0
    rejected: int = 0
    clock_flagged: int = 0
    untimed_at: int = 0  # when samples came last whose time is that of their arrival


class Unsaved(NamedTuple):
    """A new row that is not committed yet, and how to forget it should that fail."""

    ticket: int
    device: int
    undo: Callable[[], None]


class Registry:
    """Devices by id and serial. New ones are usable at once; if their insert fails they are forgotten again."""

    def __init__(
        self,
        database: Database,
        series: SeriesStore,
        bus: Bus,
        rate: Callable[[DeviceState], Rate],
        most_channels: int,
    ) -> None:
        self._database = database
        self._series = series
        self._bus = bus
        self._rate = rate
        self._most_channels = most_channels
        self._by_id: dict[int, Known] = {}
        self.by_serial: dict[str, Known] = {}
        self._channels: dict[int, Channel] = {}
        self._newest_channel = 0
        self._newest_device = 0
        self._unsaved: deque[Unsaved] = deque()
        database.writer.on_commit(self._committed)
        database.writer.on_failure(self._failed)

    async def load(self) -> None:
        self._newest_device = await self._database.read(lambda c: retired.newest(c, "device"))
        self._newest_channel = await self._database.read(lambda c: retired.newest(c, "channel"))
        for device in await self._database.read(store.load):
            known = self._admit(device)
            for channel in device.channels.values():
                self._admit_channel(known, channel)
                if (last := self._series.last.get(channel.id)) is not None:
                    seen = known.presence.last_seen_at
                    known.presence.last_seen_at = last[0] if seen is None else max(seen, last[0])

    def _admit(self, device: Device) -> Known:
        known = Known(device, self._rate(device.state), KnownChannels(most=self._most_channels))
        self._by_id[device.id] = known
        self.by_serial[device.serial] = known
        self._newest_device = max(self._newest_device, device.id)
        return known

    def _admit_channel(self, known: Known, channel: Channel) -> None:
        self._channels[channel.id] = channel
        self._newest_channel = max(self._newest_channel, channel.id)
        self._series.define(channel.id, device=channel.device, kind=channel.kind)
        known.channels.add(channel.key, self._series.raw_from(channel.id))

    # Looking up

    def __iter__(self) -> Iterator[Known]:
        """Every device that is not in its undo time, in order of creation."""
        return iter([known for known in self._by_id.values() if known.device.deleted_at is None])

    def get(self, device_id: int) -> Known:
        known = self._by_id.get(device_id)
        if known is None or known.device.deleted_at is not None:
            raise NotFound("there is no such device")
        return known

    def deleted(self) -> list[Known]:
        return [known for known in self._by_id.values() if known.device.deleted_at is not None]

    def channel(self, channel_id: int) -> Channel:
        channel = self._channels.get(channel_id)
        if channel is None or self._by_id[channel.device].device.deleted_at is not None:
            raise NotFound(NO_CHANNEL)
        return channel

    def count(self, state: DeviceState) -> int:
        return sum(known.device.state is state for known in self._by_id.values())

    # Changing

    def create(self, serial: str, name: str, state: DeviceState, dialect: str, now: int) -> Known:
        """A new device, stored with or before whatever is written next."""
        device = Device(self._newest_device + 1, serial, name, state, dialect, created_at=now)
        known = self._admit(device)
        self._save(device.id, lambda c: store.insert(c, device), undo=lambda: self.forget(device.id))
        return known

    def add_channels(self, known: Known, specs: list[ChannelSpec]) -> None:
        """New channels of a device, stored with or before whatever is written next."""
        device = known.device
        new = [
            Channel(
                id=self._newest_channel + 1 + n,
                device=device.id,
                key=spec.key,
                quantity=spec.quantity,
                unit=spec.unit,
                kind=spec.kind,
                decimals=spec.decimals,
                factor=spec.factor,
                shift=spec.offset,
            )
            for n, spec in enumerate(specs)
        ]
        for channel in new:
            self._admit_channel(known, channel)
            device.channels[channel.key] = channel

        def undo() -> None:
            known.resolved.clear()
            for channel in new:
                device.channels.pop(channel.key, None)
                known.channels.remove(channel.key)
                self._channels.pop(channel.id, None)

        self._save(device.id, lambda c: store.insert_channels(c, new), undo)

    def redescribe(self, known: Known, channel: Channel, changes: Mapping[str, object]) -> None:
        """Change columns of a channel's row at once; stored with or before whatever is written next."""
        before = {name: getattr(channel, name) for name in changes}

        def become(values: Mapping[str, object]) -> None:
            for name, value in values.items():
                setattr(channel, name, value)
            known.resolved.clear()

        def undo() -> None:
            become(before)
            known.announced = ()

        become(changes)
        self._save(known.device.id, lambda c: store.update_channel(c, channel.id, **changes), undo)

    def resolve(self, known: Known, keys: tuple[str, ...]) -> Resolved:
        """The layout of these keys, all of which are channels of the device."""
        channels = [known.device.channels[key] for key in keys]
        layout = self._series.layout(known.device.id, tuple(c.id for c in channels))
        factors = np.array([c.factor for c in channels])
        shifts = np.array([c.shift for c in channels])
        plain = bool((factors == 1.0).all() and (shifts == 0.0).all())
        resolved = Resolved(layout, None if plain else factors, None if plain else shifts)
        known.resolved[keys] = resolved
        return resolved

    def save_details(self, device_id: int, details: dict[str, str]) -> None:
        """Keep what a device tells of itself; losing it in a failed group costs nothing, it tells it again."""
        self._save(device_id, lambda c: store.update_details(c, device_id, details), undo=lambda: None, later=True)

    async def update(self, known: Known, **values: object) -> None:
        """Change columns of the device's row; memory follows once it is stored."""
        await self._database.write(lambda c: store.update(c, known.device.id, **values))
        for column, value in values.items():
            setattr(known.device, column, value)
        known.rate = self._rate(known.device.state)

    async def change_channel(self, channel: Channel, **values: object) -> None:
        """Change columns of a channel's row; memory follows once it is stored."""
        await self._database.write(lambda c: store.update_channel(c, channel.id, **values))
        for column, value in values.items():
            setattr(channel, column, value)
        self._by_id[channel.device].resolved.clear()

    async def take_over(self, old: Known, new: Known) -> None:
        """Give `old` the serial and dialect of `new`, whose row goes; one transaction."""
        serial, dialect, gone = new.device.serial, new.device.dialect, new.device.id

        def write(connection: sa.Connection) -> None:
            store.delete(connection, gone)
            store.update(connection, old.device.id, serial=serial, dialect=dialect)

        await self._database.write(write)
        self.forget(gone)
        self.by_serial.pop(old.device.serial, None)
        old.device.serial, old.device.dialect = serial, dialect
        self.by_serial[serial] = old

    async def remove(self, known: Known) -> None:
        await self._database.write(lambda c: store.delete(c, known.device.id))
        self.forget(known.device.id)

    def forget(self, device_id: int) -> None:
        known = self._by_id.pop(device_id, None)
        if known is not None:
            self.by_serial.pop(known.device.serial, None)
            for channel in known.device.channels.values():
                self._channels.pop(channel.id, None)

    def _save(
        self, device: int, write: Callable[[sa.Connection], None], undo: Callable[[], None], later: bool = False
    ) -> None:
        self._unsaved.append(Unsaved(self._database.writer.put(write, later=later), device, undo))

    def _committed(self, ticket: int) -> None:
        changed = {}  # in order, each once
        while self._unsaved and self._unsaved[0].ticket <= ticket:
            changed[self._unsaved.popleft().device] = True
        for device in changed:
            self._bus.publish(DeviceChanged(device))

    def _failed(self, first: int, last: int, _: Exception) -> None:
        kept: deque[Unsaved] = deque()
        for unsaved in self._unsaved:
            if first <= unsaved.ticket <= last:
                unsaved.undo()
            else:
                kept.append(unsaved)
        self._unsaved = kept
