"""A device was replaced: the new unit carries on the old one's history, its counters included."""

from typing import Final

import numpy as np

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.channel import ChannelSpec
from ohmstead.domain.device import Channel, DeviceChanged
from ohmstead.domain.errors import Conflict, InvalidInput
from ohmstead.domain.quantity import Kind
from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.bus import Bus
from ohmstead.series import SeriesStore
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.registry import Known, Registry
from ohmstead.services.tickets import Tickets
from ohmstead.services.tokens import Tokens

SLICE_US: Final = 30 * DAY  # of the new unit's history moved at once: bounds the memory
MOST_SAMPLES: Final = 10_000_000  # in a slice of one channel; a kilohertz for three hours


class Replacing:
    def __init__(
        self,
        registry: Registry,
        devices: Devices,
        series: SeriesStore,
        tickets: Tickets,
        tokens: Tokens,
        audit: Audit,
        bus: Bus,
    ) -> None:
        self._registry = registry
        self._devices = devices
        self._series = series
        self._tickets = tickets
        self._tokens = tokens
        self._audit = audit
        self._bus = bus

    async def replace(self, who: Principal, old_id: int, new_id: int) -> Known:
        """Let device `new_id` carry on as `old_id`: same name, same channels, the new serial and credentials.

        A counter goes on from the old unit's last register: what the new one counted before its first sample is
        not energy of this place. The difference is kept in the channel and applied to all that follows.
        Raises Conflict if the new unit's samples do not all come after the old one's.
        """
        old, new = self._devices.get(who, old_id), self._devices.get(who, new_id)
        who.require(Permission.DEVICES_DELETE)
        if old is new:
            raise InvalidInput("a device cannot replace itself")
        firsts = await self._check_order(old, new)
        moves = []
        for key, channel in list(new.device.channels.items()):
            target = self._target(old, channel)
            shift = self._shift(target, channel, firsts.get(key))
            moved_to = await self._move(channel, target, shift)
            await self._registry.change_channel(target, factor=channel.factor, shift=channel.shift + shift)
            moves.append((channel, target, shift, moved_to))
        serial = new.device.serial
        await self._tokens.delete_of_device(old_id)
        await self._tokens.rehome(new_id, old_id)
        await self._registry.take_over(old, new)
        for channel, target, shift, moved_to in moves:  # what the new unit said meanwhile
            await self._move(channel, target, shift, moved_to)
        await self._series.delete([c.id for c in new.device.channels.values()])
        old.owns_token = self._tokens.owned_by(old_id)
        await self._audit.record(who.name, "device.replace", old.device.name, f"now {serial}")
        self._bus.publish(DeviceChanged(new_id, gone=True))
        self._bus.publish(DeviceChanged(old_id))
        return old

    async def _check_order(self, old: Known, new: Known) -> dict[str, tuple[int, float]]:
        """The first sample of each of the new unit's channels, by key."""
        firsts: dict[str, tuple[int, float]] = {}
        for key, channel in new.device.channels.items():
            first = await self._series.first(channel.id)
            if first is None:
                continue
            firsts[key] = first
            before = old.device.channels.get(key)
            last = None if before is None else self._series.last.get(before.id)
            if last is not None and first[0] <= last[0]:
                raise Conflict(f"{key}: the new device has samples from before the old one's last")
        return firsts

    def _target(self, old: Known, channel: Channel) -> Channel:
        """The old device's channel of the same key and quantity, made if it has none."""
        known = old.device.channels.get(channel.key)
        if known is not None and known.quantity == channel.quantity:
            return known
        key = channel.key if known is None else f"{channel.key}_{channel.quantity}"[:64]
        if key not in old.device.channels:
            spec = ChannelSpec(key, channel.quantity, channel.unit, channel.kind, channel.decimals)
            self._registry.add_channels(old, [spec])
        return old.device.channels[key]

    def _shift(self, target: Channel, channel: Channel, first: tuple[int, float] | None) -> float:
        last = self._series.last.get(target.id)
        if channel.kind is not Kind.COUNTER or last is None or first is None:
            return 0.0
        return round(last[1] - first[1], 9)

    async def _move(self, channel: Channel, target: Channel, shift: float, since: int = 0) -> int:
        """Copy the samples from `since` on; the instant after the last one copied."""
        first = await self._series.first(channel.id)
        last = self._series.last.get(channel.id)
        if first is None or last is None:
            return since
        layout = self._series.layout(target.device, (target.id,))
        end = last[0] + 1
        for start in range(max(since, first[0]), end, SLICE_US):
            t, v = await self._series.raw(channel.id, start, min(end, start + SLICE_US), MOST_SAMPLES)
            if len(t):
                values = np.round(v + shift, 9) if shift else v
                await self._tickets.committed(self._series.append([(layout, t, values)]))
        return end
