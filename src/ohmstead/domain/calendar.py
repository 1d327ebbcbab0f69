"""The user's hours, days, weeks, months and years as spans of UTC, from the tz database.

A day begins at the first instant that carries its date: at local midnight, or, where the clock skips midnight, at
the first instant after the gap. Where midnight comes twice, the first one counts and the repeated end of the old
date belongs to the new day. A date that the clock skips altogether has no bucket. Weeks (from Monday), months and
years begin with the first of their days that exists. Hours begin at each full hour of the local clock and
wherever the clock is turned, so none is longer than an hour and a repeated hour is a bucket of its own.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import DAY, HOUR, SECOND

Ints = NDArray[np.int64]


class Period(StrEnum):
    """How long a bucket of the calendar is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


# Bounded years bound the work one request can cause. The borders around 1970 must themselves be in reach.
FIRST_YEAR: Final = 1968
LAST_YEAR: Final = 2200
EARLIEST_US: Final = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) * SECOND
LATEST_US: Final = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) * SECOND


# Local and UTC years differ by hours, and a clock that crosses the date line repeats or skips a whole day.
_MARGIN_DAYS: Final = 3


def edges(zone: str, period: Period, t0_us: int, t1_us: int) -> Ints:
    """Borders of the buckets of `zone` that cover [t0_us, t1_us): n + 1 ascending instants for n buckets.

    The first border is at or before `t0_us`, the last at or after `t1_us`, and every bucket overlaps the span; an
    empty span has no borders. The array is shared: it cannot be written to. Raises InvalidInput for a zone the tz
    database does not have and for instants outside 1968 to 2200.
    """
    if t1_us <= t0_us:
        _zone(zone)
        return np.empty(0, np.int64)
    if t0_us < EARLIEST_US or t1_us > LATEST_US:
        raise InvalidInput(f"the calendar reaches from {FIRST_YEAR} to {LAST_YEAR}")
    starts = _starts(zone, period, _year(t0_us), _year(t1_us))
    low = int(np.searchsorted(starts, t0_us, side="right")) - 1
    high = int(np.searchsorted(starts, t1_us, side="left"))
    return starts[low : high + 1]


def bucket_of(zone: str, period: Period, t_us: int) -> tuple[int, int]:
    """Start and end of the bucket that holds an instant. Raises as `edges` does."""
    start, end = edges(zone, period, t_us, t_us + 1)
    return int(start), int(end)


def _year(t_us: int) -> int:
    return datetime.fromtimestamp(t_us // SECOND, UTC).year


def _new_year(year: int) -> int:
    """Seconds from 1970 to the UTC year."""
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder or a wild path is an OSError
        raise InvalidInput(f"there is no time zone {name!r:.60}") from error


@lru_cache(maxsize=16)
def _starts(zone: str, period: Period, first_year: int, last_year: int) -> Ints:
    """Starts of all buckets of some years, with a year on either side so that none is cut off."""
    years = range(first_year - 1, last_year + 2)
    if period is Period.HOUR:
        starts = np.concatenate([_hours(zone, year) for year in years])
    else:
        days = [_days(zone, year) for year in years]
        starts = np.concatenate([starts for starts, _ in days])
        unit = _unit_of_day(period, np.concatenate([numbers for _, numbers in days]))
        starts = starts[np.diff(unit, prepend=unit[0] - 1) != 0]
    starts.setflags(write=False)
    return starts


def _unit_of_day(period: Period, days: Ints) -> Ints:
    """Number of the week, month or year that each day (since 1970-01-01, a Thursday) is part of."""
    match period:
        case Period.WEEK:
            return (days + 3) // 7
        case Period.MONTH:
            return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        case Period.YEAR:
            return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
        case _:
            return days


@lru_cache(maxsize=1024)
def _days(zone: str, year: int) -> tuple[Ints, Ints]:
    """First instant and number (since 1970-01-01) of each day of a local year."""
    turns, offsets = _clock(zone, year)
    starts, numbers = [], []
    seen = int(turns[0] + offsets[0]) // DAY
    for begin, end, offset in zip(turns[:-1], turns[1:], offsets, strict=True):
        first, last = int(begin + offset) // DAY, int(end - 1 + offset) // DAY
        days = np.arange(max(first, seen + 1), last + 1)
        starts.append(np.maximum(days * DAY - offset, begin))
        numbers.append(days)
        seen = max(seen, last)
    number = np.concatenate(numbers)
    of_year = number.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) == year - 1970
    return np.concatenate(starts)[of_year], number[of_year]


@lru_cache(maxsize=64)
def _hours(zone: str, year: int) -> Ints:
    """Start of each hour of a UTC year."""
    turns, offsets = _clock(zone, year)
    stretches = [
        np.union1d(turn, np.arange(-(-(turn + offset) // HOUR) * HOUR - offset, end, HOUR))
        for turn, end, offset in zip(turns[:-1], turns[1:], offsets, strict=True)
    ]
    hours = np.concatenate(stretches)[1:]  # the first is where the margin begins
    begin, end = np.searchsorted(hours, (_new_year(year) * SECOND, _new_year(year + 1) * SECOND))
    return hours[begin:end]


def _clock(zone: str, year: int) -> tuple[Ints, Ints]:
    """Stretches of constant offset over a UTC year and its margins: n + 1 borders and n offsets, in µs."""
    info = _zone(zone)
    begin = _new_year(year) - _MARGIN_DAYS * 86_400
    count = 366 + 2 * _MARGIN_DAYS
    found = [_offset(info, begin + i * 86_400) for i in range(count + 1)]
    turns, offsets = [begin], [found[0]]
    for i in range(count):
        if found[i] != found[i + 1]:
            turns.append(_turn(info, begin + i * 86_400, begin + (i + 1) * 86_400))
            offsets.append(found[i + 1])
    turns.append(begin + count * 86_400)
    return np.array(turns) * SECOND, np.array(offsets) * SECOND


def _turn(info: ZoneInfo, before: int, after: int) -> int:
    """The first second with the offset of `after`, in a day over which the offset changes once.

    In the years in reach no zone has changed its offset twice within six days.
    """
    offset = _offset(info, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(info, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(info: ZoneInfo, t_s: int) -> int:
    """Seconds that local clocks are ahead of UTC."""
    utc = datetime(1970, 1, 1, tzinfo=info) + timedelta(seconds=t_s)  # as `fromutc` wants it: zone's name, UTC's hands
    return int((info.fromutc(utc).replace(tzinfo=info, fold=0) - utc).total_seconds())
