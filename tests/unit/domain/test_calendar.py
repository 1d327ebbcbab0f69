"""Buckets of the user's calendar: days of 23, 24.5 and 25 hours, missing midnights, missing days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.calendar import EARLIEST_US, LATEST_US, Period, bucket_of, edges
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())


def at(text: str, zone: str = "UTC") -> int:
    """Microseconds of an ISO instant on the clocks of a zone."""
    return (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) - EPOCH) // timedelta(microseconds=1)


def local(t_us: int, zone: str) -> datetime:
    return (EPOCH + timedelta(microseconds=t_us)).astimezone(ZoneInfo(zone))


def lengths(zone: str, period: Period, from_: str, to: str) -> list[float]:
    """Hours of each bucket between two local instants."""
    return (np.diff(edges(zone, period, at(from_, zone), at(to, zone))) / HOUR).tolist()


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2024-03-31", 24),
        ("Europe/Berlin", "2024-03-31", 23),
        ("Europe/Berlin", "2024-10-27", 25),
        ("Australia/Lord_Howe", "2024-04-07", 24.5),
        ("Australia/Lord_Howe", "2024-10-06", 23.5),
        ("Asia/Kathmandu", "2024-01-01", 24),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Sao_Paulo", "2018-02-17", 25),
        ("Asia/Beirut", "2022-03-27", 23),
        ("America/Havana", "2023-03-12", 23),
        ("America/Havana", "2023-11-05", 25),
        ("Africa/Cairo", "2023-04-28", 23),
        ("Asia/Pyongyang", "2018-05-04", 23.5),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(zone: str, day: str, hours: float) -> None:
    after = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    noon = at(f"{day}T12:00", zone)
    start, end = bucket_of(zone, Period.DAY, noon)
    assert (end - start) / HOUR == hours
    assert local(start, zone).date().isoformat() == day
    assert local(end, zone).date().isoformat() == after


def test_a_day_without_midnight_begins_after_the_gap() -> None:
    start, _ = bucket_of("America/Sao_Paulo", Period.DAY, at("2018-11-04T12:00", "America/Sao_Paulo"))
    assert local(start, "America/Sao_Paulo").time() == time(1)
    start, _ = bucket_of("Asia/Beirut", Period.DAY, at("2022-03-27T12:00", "Asia/Beirut"))
    assert local(start, "Asia/Beirut").time() == time(1)


def test_where_midnight_comes_twice_the_first_one_counts() -> None:
    # At 00:01 clocks went back to 23:01: one minute of the new day, an hour of the old, then the new day again.
    zone = "America/St_Johns"
    start, end = bucket_of(zone, Period.DAY, at("2010-11-07T12:00", zone))
    assert (start, end) == (at("2010-11-07T00:00", zone), at("2010-11-08T00:00", zone))
    assert end - start == 25 * HOUR
    assert bucket_of(zone, Period.DAY, start + 30 * MINUTE) == (start, end)


def test_days_the_date_line_took_away_have_no_bucket() -> None:
    zone = "Pacific/Apia"
    borders = edges(zone, Period.DAY, at("2011-12-28T00:00", zone), at("2012-01-02T00:00", zone))
    days = [local(int(b), zone).date().isoformat() for b in borders]
    assert days == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]
    assert set(np.diff(borders)) == {DAY}
    zone = "Pacific/Kwajalein"
    borders = edges(zone, Period.DAY, at("1993-08-20T00:00", zone), at("1993-08-23T00:00", zone))
    assert [local(int(b), zone).day for b in borders] == [20, 22, 23]


def test_a_month_whose_last_day_is_missing_ends_a_day_early() -> None:
    zone = "Pacific/Kiritimati"  # 1994-12-31 was skipped
    start, end = bucket_of(zone, Period.MONTH, at("1994-12-15T00:00", zone))
    assert end - start == 30 * DAY
    assert local(end, zone).date() == date(1995, 1, 1)


def test_a_repeated_hour_is_a_bucket_of_its_own() -> None:
    hours = lengths("Europe/Berlin", Period.HOUR, "2024-10-27T00:00", "2024-10-28T00:00")
    assert hours == [1] * 25


def test_a_skipped_hour_has_no_bucket() -> None:
    assert lengths("Europe/Berlin", Period.HOUR, "2024-03-31T00:00", "2024-04-01T00:00") == [1] * 23


def test_hours_follow_the_local_clock_in_half_hour_zones() -> None:
    borders = edges("Asia/Kolkata", Period.HOUR, at("2024-01-01T00:10"), at("2024-01-01T03:00"))
    assert [(int(b) - at("2024-01-01T00:00")) // MINUTE for b in borders] == [-30, 30, 90, 150, 210]
    quarters = edges("Asia/Kathmandu", Period.HOUR, at("2024-01-01T00:00"), at("2024-01-01T03:00"))
    assert [local(int(b), "Asia/Kathmandu").minute for b in quarters] == [0] * 5


def test_turning_the_clock_by_half_an_hour_cuts_an_hour() -> None:
    zone = "Australia/Lord_Howe"  # 02:00 becomes 01:30 in April, 02:30 in October
    assert lengths(zone, Period.HOUR, "2024-04-07T00:00", "2024-04-07T04:00") == [1, 1, 0.5, 1, 1]
    assert lengths(zone, Period.HOUR, "2024-10-06T00:00", "2024-10-06T04:00") == [1, 1, 0.5, 1]


def test_weeks_begin_on_monday() -> None:
    borders = edges("Europe/Berlin", Period.WEEK, at("2024-12-30T12:00"), at("2025-01-07T00:00"))
    assert [local(int(b), "Europe/Berlin").isoformat() for b in borders] == [
        "2024-12-30T00:00:00+01:00",
        "2025-01-06T00:00:00+01:00",
        "2025-01-13T00:00:00+01:00",
    ]


def test_months_and_years_follow_the_calendar() -> None:
    zone = "America/New_York"
    months = edges(zone, Period.MONTH, at("2024-01-15T00:00", zone), at("2024-04-01T00:00", zone))
    assert months.tolist() == [at(f"2024-{m:02}-01T00:00", zone) for m in (1, 2, 3, 4)]
    years = edges(zone, Period.YEAR, at("2023-12-31T23:59", zone), at("2024-01-01T00:01", zone))
    assert years.tolist() == [at(f"{y}-01-01T00:00", zone) for y in (2023, 2024, 2025)]


def test_an_instant_on_a_border_is_in_the_bucket_it_begins() -> None:
    midnight = at("2024-05-05T00:00", "Europe/Berlin")
    assert bucket_of("Europe/Berlin", Period.DAY, midnight) == (midnight, midnight + DAY)
    assert bucket_of("Europe/Berlin", Period.DAY, midnight - 1) == (midnight - DAY, midnight)


def test_an_empty_span_has_no_borders() -> None:
    assert len(edges("Europe/Berlin", Period.DAY, DAY, DAY)) == 0
    assert len(edges("Europe/Berlin", Period.DAY, DAY, 0)) == 0


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "a\0b", "x" * 5000])
@pytest.mark.parametrize("span", [(0, DAY), (0, 0)])
def test_an_unknown_zone_is_invalid_input(zone: str, span: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        edges(zone, Period.DAY, *span)


@pytest.mark.parametrize("span", [(EARLIEST_US - 1, DAY), (0, LATEST_US + 1), (-(2**63), 2**63 - 1)])
def test_instants_the_calendar_does_not_reach_are_invalid_input(span: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput, match="1968 to 2200"):
        edges("UTC", Period.DAY, *span)


@pytest.mark.parametrize("period", Period)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue", "UTC"])
def test_the_ends_of_the_calendar_are_whole(zone: str, period: Period) -> None:
    assert edges(zone, period, EARLIEST_US, EARLIEST_US + 1)[0] <= EARLIEST_US
    assert edges(zone, period, LATEST_US - 1, LATEST_US)[-1] >= LATEST_US


def test_what_is_shared_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        edges("UTC", Period.DAY, 0, DAY)[0] = 5


instants = st.integers(0, at("2060-01-01T00:00") // MINUTE).map(lambda minute: minute * MINUTE)


def test_every_day_of_a_year_begins_at_the_local_midnight_of_every_zone() -> None:
    """Against Python's own clock: the first of two midnights, and the end of a gap that swallows one."""
    dates = [date(2024, 1, 1) + timedelta(days=n) for n in range(367)]
    zones = {  # many zones have the days of another: one of each kind is enough
        tuple(int(datetime.combine(d, time(0), ZoneInfo(zone)).timestamp()) * SECOND for d in dates): zone
        for zone in ZONES
    }
    for starts, zone in zones.items():
        assert edges(zone, Period.DAY, starts[0], starts[-1]).tolist() == list(starts), zone
    assert {float(h) for starts in zones for h in np.diff(starts) / HOUR} >= {23, 23.5, 24, 24.5, 25}


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(Period), instants, st.integers(1, 800 * DAY))
def test_borders_ascend_and_cover_the_span(zone: str, period: Period, t0: int, span: int) -> None:
    borders = edges(zone, period, t0, t0 + span)
    assert (np.diff(borders) > 0).all()
    assert borders[0] <= t0 < borders[1]
    assert borders[-2] < t0 + span <= borders[-1]


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(Period), instants, st.integers(1, 800 * DAY), st.integers(1, 99))
def test_the_span_asked_for_moves_no_border(zone: str, period: Period, t0: int, span: int, percent: int) -> None:
    middle = t0 + max(1, span * percent // 100)
    a, b = edges(zone, period, t0, middle), edges(zone, period, middle - 1, t0 + span)
    assert np.union1d(a, b).tolist() == edges(zone, period, t0, t0 + span).tolist()


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(ZONES), instants)
def test_each_local_date_has_one_bucket(zone: str, t0: int) -> None:
    borders = edges(zone, Period.DAY, t0, t0 + 400 * DAY)
    dates = []
    for border in borders.tolist():
        now, before = local(border, zone), local(border - 1, zone)
        clock_went_on = now.replace(tzinfo=None) - before.replace(tzinfo=None)
        assert now.time() == time(0) or clock_went_on > timedelta(microseconds=1)
        assert before.date() < now.date()
        dates.append(now.date())
    probes = range(int(borders[0]), int(borders[-1]), 30 * MINUTE)
    seen = {local(t, zone).date() for t in probes}
    assert {d for d in seen if d >= dates[0]} == set(dates[:-1])
    assert len(set(dates)) == len(dates)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(ZONES), instants)
def test_hours_begin_with_the_local_hour_or_where_the_clock_is_turned(zone: str, t0: int) -> None:
    borders = edges(zone, Period.HOUR, t0, t0 + 400 * DAY)
    assert np.diff(borders).max() <= HOUR
    for border in borders.tolist():
        now = local(border, zone)
        on_the_hour = (now.minute, now.second, now.microsecond) == (0, 0, 0)
        assert on_the_hour or now.utcoffset() != local(border - SECOND, zone).utcoffset()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), st.sampled_from([Period.WEEK, Period.MONTH, Period.YEAR]), instants)
def test_longer_periods_are_made_of_whole_days(zone: str, period: Period, t0: int) -> None:
    borders = edges(zone, period, t0, t0 + 800 * DAY)
    days = edges(zone, Period.DAY, int(borders[0]), int(borders[-1]))
    assert set(borders.tolist()) <= set(days.tolist())

    def unit(d: date) -> object:
        match period:
            case Period.WEEK:
                return d.isocalendar()[:2]
            case Period.MONTH:
                return d.year, d.month
            case _:
                return d.year

    dates = [local(int(b), zone).date() for b in days]
    changes = [int(b) for b, d, e in zip(days[1:], dates, dates[1:], strict=False) if unit(d) != unit(e)]
    assert changes == borders[1:].tolist()
