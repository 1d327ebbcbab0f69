"""Energy of a device or a channel per bucket of the site's calendar."""

from dataclasses import dataclass
from typing import Final

from ohmstead.domain.access import Principal
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.device import Channel
from ohmstead.domain.energy import Energy, energy, summed
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.rollups import Rollups
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.devices import Devices
from ohmstead.services.sites import Sites

MOST_BUCKETS: Final = 20_000  # two years of hours
FIGURES: Final = ("start", "increase", "integral", "covered")  # the columns from which energy follows
COUNTED: Final = "energy"
INTEGRATED: Final = ("power", "apparent_power")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a figure can rest on: a register, or power over time."""

    device: int
    counter: Channel | None
    power: Channel | None


class EnergyReports:
    def __init__(self, series: SeriesStore, devices: Devices, sites: Sites, clock: Clock) -> None:
        self._series = series
        self._devices = devices
        self._sites = sites
        self._clock = clock

    def of_device(self, who: Principal, device_id: int) -> Sources:
        """The device's register and its power channel. Raises InvalidInput if it has neither."""
        device = self._devices.get(who, device_id).device
        counter = device.channel_of(COUNTED)
        power = next((c for q in INTEGRATED if (c := device.channel_of(q)) is not None), None)
        if counter is None and power is None:
            raise InvalidInput("this device measures neither energy nor power")
        return Sources(device_id, counter, power)

    def of_channel(self, who: Principal, channel_id: int) -> Sources:
        """Raises InvalidInput for a channel from which no energy follows."""
        channel = self._devices.channel(who, channel_id)
        if channel.quantity in ("energy", "energy_export"):
            return Sources(channel.device, channel, None)
        if channel.quantity in INTEGRATED:
            return Sources(channel.device, None, channel)
        raise InvalidInput(f"no energy follows from {channel.quantity}")

    async def report(self, sources: Sources, period: Period, t0: int, t1: int) -> Energy:
        """Whole buckets that overlap [t0, t1), those that have not begun yet left out."""
        found = await self.reports([sources], period, t0, t1)
        return found[0]

    async def reports(self, sources: list[Sources], period: Period, t0: int, t1: int) -> list[Energy]:
        """As `report`, for several devices with one question to the store."""
        zone = self._sites.default.zone
        asked = borders = edges(zone, period, t0, t1)
        if len(borders) > MOST_BUCKETS:
            raise InvalidInput(f"that is more than {MOST_BUCKETS} buckets: ask for a shorter span")
        channels = [c.id for s in sources for c in (s.counter, s.power) if c is not None]
        low, high = int(borders[0]), int(borders[-1])
        longer = period not in (Period.HOUR, Period.DAY)
        if longer:
            borders = edges(zone, Period.DAY, low, high)
        if period is Period.HOUR:
            rows = await self._series.quarters(channels, low, high)
        else:
            rows = await self._series.days(channels, zone, low, high, only=FIGURES)
        by_channel = dict(zip(channels, rows, strict=True))
        now = self._clock.now()
        found = [
            energy(
                borders,
                counter=self._of(by_channel, one.counter),
                power=self._of(by_channel, one.power),
                until_us=now,
                interval_us=self._devices.interval_us(one.device),
            )
            for one in sources
        ]
        return [summed(days, asked, until_us=now) for days in found] if longer else found

    @staticmethod
    def _of(by_channel: dict[int, Rollups], channel: Channel | None) -> Rollups | None:
        return None if channel is None else by_channel[channel.id]
