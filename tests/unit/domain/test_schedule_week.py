"""A week as a calendar shows it: changes of the clocks, the sun, exceptions."""

import itertools
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from ohmstead.domain.person import Site
from ohmstead.domain.schedule import Sun, Timing
from ohmstead.domain.schedule_week import days_from, monday_of, runs_within
from ohmstead.domain.telemetry import HOUR, MINUTE, SECOND
from ohmstead.services.sunlight import sun_of

VIENNA = ZoneInfo("Europe/Vienna")


def no_sun(day: date, event: Sun) -> None:
    return None


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=VIENNA).timestamp()) * SECOND  # type: ignore[arg-type,misc]


def test_the_day_on_which_the_clocks_go_back_has_25_hours_and_the_other_23() -> None:
    autumn = days_from(date(2025, 10, 20), VIENNA, no_sun)
    spring = days_from(date(2026, 3, 23), VIENNA, no_sun)
    assert [(d.end - d.start) // HOUR for d in autumn] == [24] * 6 + [25]
    assert [(d.end - d.start) // HOUR for d in spring] == [24] * 6 + [23]
    assert all(a.end == b.start for a, b in itertools.pairwise(autumn))


def test_a_week_begins_on_monday_where_the_site_is() -> None:
    late_on_sunday_in_utc = int(datetime(2025, 11, 23, 23, 30, tzinfo=UTC).timestamp()) * SECOND
    assert monday_of(late_on_sunday_in_utc, VIENNA) == date(2025, 11, 24)
    assert monday_of(late_on_sunday_in_utc, ZoneInfo("UTC")) == date(2025, 11, 17)


def test_each_chosen_day_has_its_run_and_exceptions_are_marked() -> None:
    timing = Timing(at=time(7), weekdays=frozenset({0, 2}), exceptions=frozenset({date(2025, 11, 19)}))
    runs = runs_within(timing, days_from(date(2025, 11, 17), VIENNA, no_sun), VIENNA, no_sun)
    assert [(run.at, run.excepted) for run in runs] == [(us(2025, 11, 17, 7), False), (us(2025, 11, 19, 7), True)]


def test_runs_over_midnight_belong_to_the_day_they_happen_on() -> None:
    sun = sun_of(Site(1, "Home", "Europe/Vienna", 48.2, 16.4))
    days = days_from(date(2025, 11, 17), VIENNA, sun)
    late = Timing(sun=Sun.SUNSET, offset_min=9 * 60, weekdays=frozenset({6}))  # Sunday's, on Monday morning
    (run,) = runs_within(late, days, VIENNA, sun)
    assert days[0].start < run.at < days[0].start + 3 * HOUR
    assert all(d.sunrise is not None and d.sunset is not None and d.start < d.sunrise < d.sunset < d.end for d in days)


def test_where_the_sun_does_not_rise_nothing_runs() -> None:
    sun = sun_of(Site(1, "Far north", "Europe/Oslo", 78.2, 15.6))
    oslo = ZoneInfo("Europe/Oslo")
    days = days_from(date(2025, 12, 15), oslo, sun)
    assert [(d.sunrise, d.sunset) for d in days] == [(None, None)] * 7
    assert runs_within(Timing(sun=Sun.SUNRISE), days, oslo, sun) == []


def test_a_time_that_the_clocks_skip_runs_an_hour_later() -> None:
    days = days_from(date(2026, 3, 23), VIENNA, no_sun)
    runs = runs_within(Timing(at=time(2, 30), weekdays=frozenset({6})), days, VIENNA, no_sun)
    assert [run.at for run in runs] == [days[6].start + 2 * HOUR + 30 * MINUTE]
