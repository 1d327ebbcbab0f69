"""The sun over schedules: every date has its sunrise, save where the sun itself says no."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ohmstead.domain.person import Site
from ohmstead.domain.schedule import Sun, Timing, next_run
from ohmstead.domain.telemetry import SECOND
from ohmstead.services.sunlight import sun_of


def test_nobody_said_where_the_site_lies() -> None:
    assert sun_of(Site(1, "Home", "Europe/Vienna"))(date(2025, 6, 21), Sun.SUNRISE) is None


@pytest.mark.parametrize(
    ("zone", "latitude", "longitude"),
    [
        ("Europe/Budapest", 47.5, 19.05),
        ("Asia/Kolkata", 28.6, 77.2),  # it rises at the midnight of UTC, in May
        ("Asia/Kathmandu", 27.7, 85.3),
        ("America/New_York", 40.7, -74.0),  # it sets then
        ("Pacific/Auckland", -36.85, 174.76),
        ("Pacific/Kiritimati", 1.87, -157.4),
    ],
)
def test_each_date_has_its_sunrise_and_sunset_close_to_those_of_its_neighbours(
    zone: str, latitude: float, longitude: float
) -> None:
    table = sun_of(Site(1, "Home", zone, latitude, longitude))
    for event in Sun:
        before = None
        for n in range(366):
            day = date(2026, 1, 1) + timedelta(days=n)
            at = table(day, event)
            assert at is not None, day
            assert at.astimezone(ZoneInfo(zone)).date() == day
            if before is not None:
                assert abs((at - before) - timedelta(days=1)) < timedelta(minutes=4)
            before = at


def test_at_the_poles_the_sun_may_not_rise_for_months() -> None:
    site = Site(1, "Longyearbyen", "Arctic/Longyearbyen", 78.22, 15.65)
    table = sun_of(site)
    assert table(date(2025, 12, 21), Sun.SUNRISE) is None
    assert table(date(2025, 6, 21), Sun.SUNSET) is None
    zone = ZoneInfo(site.zone)
    december = int(datetime(2025, 12, 1, tzinfo=zone).timestamp()) * SECOND
    first = next_run(Timing(sun=Sun.SUNRISE), december, zone, table)
    assert first is not None
    assert datetime.fromtimestamp(first / 1e6, zone).month == 2


def test_a_date_on_which_it_sets_after_midnight_only_has_no_sunset() -> None:
    """In June the sun of Reykjavik sets later each day, until it does so on the next date."""
    table = sun_of(Site(1, "Home", "Atlantic/Reykjavik", 64.1, -21.9))
    sets = {day: table(date(2026, 6, day), Sun.SUNSET) for day in range(15, 22)}
    assert [day for day, at in sets.items() if at is None] == [18]
