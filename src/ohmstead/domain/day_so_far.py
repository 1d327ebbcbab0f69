"""A day hour by hour on the local clock, and how much of it had come by a certain time of day.

Days are laid over each other by what the clock on the wall said, so that a day of 23 or 25 hours still compares
with its neighbours: an hour that the clock skips has no figure, one that it repeats holds both.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import SECOND

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HOURS: Final = 24
_MINUTES_PER_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class DaySoFar:
    """kWh of one day; None where nothing was measured."""

    start: int
    end: int
    kwh: float | None
    by_now: float | None  # until the same time of day, an unfinished hour by its share
    hours: tuple[float | None, ...]  # 24, by the clock on the wall


def day_so_far(zone: str, start: Ints, end: Ints, kwh: Floats, until: time | None) -> DaySoFar:
    """Fold the hours [start, end) of one day, at least one, in order; `kwh` is NaN where nothing is known.

    `until` is the time of day to compare at; None for the day that is not over, all of which counts.
    """
    info = ZoneInfo(zone)
    hours: list[float | None] = [None] * HOURS
    by_now: float | None = None
    now_min = HOURS * _MINUTES_PER_HOUR if until is None else until.hour * _MINUTES_PER_HOUR + until.minute
    for begin, over, amount in zip(start.tolist(), end.tolist(), kwh.tolist(), strict=True):
        if amount != amount:
            continue
        begin_on_wall = datetime.fromtimestamp(begin // SECOND, info)
        hours[begin_on_wall.hour] = (hours[begin_on_wall.hour] or 0.0) + amount
        begin_min = begin_on_wall.hour * _MINUTES_PER_HOUR + begin_on_wall.minute
        length_min = (over - begin) / SECOND / _MINUTES_PER_HOUR
        share = min(max((now_min - begin_min) / length_min, 0.0), 1.0)
        if share > 0:
            by_now = (by_now or 0.0) + share * amount
    known = kwh[~np.isnan(kwh)]
    total = float(known.sum()) if len(known) else None
    return DaySoFar(int(start[0]), int(end[-1]), total, by_now, tuple(hours))
