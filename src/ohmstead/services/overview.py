"""The energy of everything somebody may see, today beside other days: what the first page answers at a glance."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.access import Principal
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.day_so_far import DaySoFar, day_so_far
from ohmstead.domain.device import DeviceState
from ohmstead.domain.energy import Energy
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.devices import Devices
from ohmstead.services.energy import EnergyReports, Sources
from ohmstead.services.sites import Sites

DAYS_BACK: Final = {"today": 0, "yesterday": 1, "week_ago": 7}
NOON: Final = time(12)
_EVERY_DEVICE: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Share:
    """What one device took; None where nothing was measured."""

    device: int
    power: int | None  # its channel of power
    counted: bool  # part of the whole
    today: float | None
    yesterday: float | None


@dataclass(frozen=True, slots=True)
class Glance:
    at: int
    days: dict[str, DaySoFar]  # by the names of DAYS_BACK, of what is counted
    shares: list[Share]  # of every device that measures energy or power, the largest of today first


class Overview:
    def __init__(self, energy: EnergyReports, devices: Devices, sites: Sites, clock: Clock) -> None:
        self._energy = energy
        self._devices = devices
        self._sites = sites
        self._clock = clock

    async def of(self, who: Principal) -> Glance:
        """A device that the site does not count (a meter behind another one) has a share, but is in no sum."""
        now = self._clock.now()
        zone = self._sites.default.zone
        local = datetime.fromtimestamp(now // SECOND, ZoneInfo(zone))
        sources = self._sources(who)
        counted = [one.device not in self._sites.default.uncounted for one in sources]
        days, shares = {}, {}
        for name, back in DAYS_BACK.items():
            # Noon is in every day, whatever the clock does at its ends.
            noon = datetime.combine(local.date() - timedelta(days=back), NOON, local.tzinfo)
            at = round(noon.timestamp()) * SECOND
            start, end = edges(zone, Period.DAY, at, at + 1).tolist()
            found = await self._energy.reports(sources, Period.HOUR, start, end)
            shares[name] = [_total(one) for one in found]
            borders = edges(zone, Period.HOUR, start, end)
            summed = _summed([one for one, is_in in zip(found, counted, strict=True) if is_in], len(borders) - 1)
            days[name] = day_so_far(zone, borders[:-1], borders[1:], summed, local.time() if back else None)
        rows = [
            Share(one.device, None if one.power is None else one.power.id, is_in, today, yesterday)
            for one, is_in, today, yesterday in zip(sources, counted, shares["today"], shares["yesterday"], strict=True)
        ]
        return Glance(now, days, sorted(rows, key=lambda row: -(row.today or 0.0)))

    def _sources(self, who: Principal) -> list[Sources]:
        found, _ = self._devices.visible(who, DeviceState.CLAIMED, 0, _EVERY_DEVICE)
        sources = []
        for known in found:
            try:
                sources.append(self._energy.of_device(who, known.device.id))
            except InvalidInput:  # it measures something else
                continue
        return sources


def _total(report: Energy) -> float | None:
    known = report.kwh[~np.isnan(report.kwh)]
    return float(known.sum()) if len(known) else None


def _summed(reports: list[Energy], hours: int) -> NDArray[np.float64]:
    """kWh per hour of the day; NaN where none of them knows."""
    total = np.full(hours, np.nan)
    for one in reports:
        begun = total[: len(one.kwh)]  # hours that have not begun are absent from a report
        total[: len(one.kwh)] = np.where(np.isnan(begun), one.kwh, begun + np.nan_to_num(one.kwh))
    return total
