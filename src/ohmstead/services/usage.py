"""What a meter measured per bucket of the site's calendar: kWh, and how volts, amperes and watts went."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.access import Principal
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.device import Channel, Device
from ohmstead.domain.energy import Energy
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.rollups import Rollups, coarsen
from ohmstead.domain.telemetry import SECOND
from ohmstead.series import SeriesStore
from ohmstead.services.devices import Devices
from ohmstead.services.energy import EnergyReports
from ohmstead.services.sites import Sites

ELECTRIC: Final = ("voltage", "current", "power", "energy")
NOON: Final = time(12)  # no clock is turned at noon


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """One row per bucket [borders[i], borders[i + 1]); what has no samples is absent from its rollups."""

    zone: str
    borders: NDArray[np.int64]
    energy: Energy | None  # buckets that have begun; None for a device from which no energy follows
    rollups: dict[str, Rollups]  # by quantity, in canonical units

    def kwh(self) -> list[float | None]:
        """Energy of every bucket in kWh; None without samples, or before the bucket begins."""
        buckets = len(self.borders) - 1
        known = [] if self.energy is None else [None if k != k else float(k) for k in self.energy.kwh]
        return [*known, *[None] * (buckets - len(known))]

    def row(self, quantity: str, bucket: int) -> int | None:
        """Index of a bucket's row in the rollups of a quantity; None without samples."""
        rollups = self.rollups.get(quantity)
        if rollups is None:
            return None
        at = int(np.searchsorted(rollups.start, self.borders[bucket]))
        return at if at < len(rollups) and rollups.start[at] == self.borders[bucket] else None


class Usages:
    def __init__(self, series: SeriesStore, devices: Devices, reports: EnergyReports, sites: Sites) -> None:
        self._series = series
        self._devices = devices
        self._reports = reports
        self._sites = sites

    @property
    def zone(self) -> str:
        return self._sites.default.zone

    def span(self, period: Period, day: date) -> tuple[int, int]:
        """The day, week, month or year that contains `day`, in the site's calendar. Raises InvalidInput."""
        noon = datetime.combine(day, NOON, ZoneInfo(self.zone))
        return self.span_at(period, round(noon.timestamp()) * SECOND)

    def span_at(self, period: Period, at: int) -> tuple[int, int]:
        """The day, week, month or year that contains the instant."""
        borders = edges(self.zone, period, at, at + 1)
        return int(borders[0]), int(borders[-1])

    async def of(self, who: Principal, device_id: int, period: Period, t0: int, t1: int) -> Usage:
        """Whole buckets of `period` that overlap [t0, t1). Raises NotFound, InvalidInput."""
        device = self._devices.get(who, device_id).device
        borders = edges(self.zone, period, t0, t1)
        channels = {q: c for q in ELECTRIC if (c := device.channel_of(q)) is not None}
        energy = None
        if "energy" in channels or "power" in channels:
            sources = self._reports.of_device(who, device_id)
            energy = await self._reports.report(sources, period, t0, t1)
        return Usage(self.zone, borders, energy, await self._rollups(channels, period, borders))

    async def samples(self, device: Device) -> int:
        """How many readings the server holds of a device: those of its most talkative electric channel."""
        ids = [c.id for q in ELECTRIC if (c := device.channel_of(q)) is not None]
        ids = ids or [c.id for c in device.channels.values()][:1]
        ends = [self._series.last[i][0] + 1 for i in ids if i in self._series.last]
        if not ends:
            return 0
        starts = [first[0] for i in ids if (first := await self._series.first(i)) is not None]
        if not starts:
            return 0
        rows = await self._series.days(ids, self.zone, min(starts), max(ends), ("start", "count"))
        return max(int(r.count.sum()) for r in rows)

    async def _rollups(
        self, channels: dict[str, Channel], period: Period, borders: NDArray[np.int64]
    ) -> dict[str, Rollups]:
        if not channels:
            return {}
        ids = [c.id for c in channels.values()]
        low, high = int(borders[0]), int(borders[-1])
        if period is Period.HOUR:
            fine = await self._series.quarters(ids, low, high)
        else:
            fine = await self._series.days(ids, self.zone, low, high)
        return {q: coarsen(rows.between(low, high), borders) for q, rows in zip(channels, fine, strict=True)}


def parse_day(text: str) -> date:
    """A day as clients write it, `2025-09-21`; a time behind it does not matter. Raises InvalidInput."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InvalidInput(f"{text[:32]!r} is not a date; one is 2025-09-21") from None
