from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.day_so_far import DaySoFar, day_so_far
from ohmstead.domain.telemetry import SECOND

BUDAPEST = "Europe/Budapest"


def a_day(day: tuple[int, int, int], until: time | None, zone: str = BUDAPEST, **gaps: int) -> DaySoFar:
    """Every hour of the day took one kWh, but that which `unknown` names."""
    noon = round(datetime(*day, 12, tzinfo=ZoneInfo(zone)).timestamp()) * SECOND
    start, end = edges(zone, Period.DAY, noon, noon + 1).tolist()
    borders = edges(zone, Period.HOUR, start, end)
    kwh = np.ones(len(borders) - 1)
    for hour in gaps.values():
        kwh[hour] = np.nan
    return day_so_far(zone, borders[:-1], borders[1:], kwh, until)


def test_a_day_is_24_hours_and_compares_at_the_same_time() -> None:
    day = a_day((2026, 7, 1), time(9, 30))
    assert (day.kwh, day.by_now, day.hours) == (24.0, 9.5, (1.0,) * 24)
    assert datetime.fromtimestamp(day.start // SECOND, UTC).hour == 22


def test_all_of_the_present_day_counts() -> None:
    assert a_day((2026, 7, 1), None).by_now == 24.0


def test_an_hour_that_the_clock_skips_has_no_figure() -> None:
    day = a_day((2026, 3, 29), time(4, 0))
    assert (day.kwh, day.hours[2], day.by_now) == (23.0, None, 3.0)


def test_an_hour_that_comes_twice_holds_both() -> None:
    day = a_day((2026, 10, 25), time(4, 0))
    assert (day.kwh, day.hours[2], day.by_now) == (25.0, 2.0, 5.0)


def test_hours_of_half_an_hour_by_their_share() -> None:
    # Lord Howe turns its clock by half an hour: from 2:00 back to 1:30.
    day = a_day((2026, 4, 5), time(1, 45), zone="Australia/Lord_Howe")
    assert day.hours[1] == 2.0
    assert day.by_now == pytest.approx(1 + 0.75 + 0.5)


def test_what_nobody_measured_is_not_nothing() -> None:
    day = a_day((2026, 7, 1), time(1, 0), unknown=0)
    assert (day.kwh, day.by_now, day.hours[0]) == (23.0, None, None)
    none = day_so_far(BUDAPEST, np.array([0]), np.array([3600 * SECOND]), np.array([np.nan]), None)
    assert (none.kwh, none.by_now) == (None, None)
