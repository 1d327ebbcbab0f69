"""When schedules run: over changes of the clocks, around the sun, after a pause."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.schedule import GRACE_US, Sun, Timing, due, next_run, run_on
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND

VIENNA = ZoneInfo("Europe/Vienna")
ZONES = [VIENNA, *map(ZoneInfo, ("UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"))]


def no_sun(day: date, event: Sun) -> datetime | None:
    return None


def a_sun(day: date, event: Sun) -> datetime | None:
    """It rises at six and sets at eight in the evening, UTC; but not in the first week of a month."""
    return datetime.combine(day, time(6 if event is Sun.SUNRISE else 20), UTC) if day.day > 7 else None


def us(*parts: int, zone: ZoneInfo = VIENNA, fold: int = 0) -> int:
    return int(datetime(*parts, tzinfo=zone, fold=fold).timestamp()) * SECOND


def wall(at: int, zone: ZoneInfo = VIENNA) -> str:
    return datetime.fromtimestamp(at // SECOND, zone).strftime("%m-%d %H:%M")


def runs(timing: Timing, after: int, count: int, zone: ZoneInfo = VIENNA, sun: Any = no_sun) -> list[str]:
    found = []
    for _ in range(count):
        at = next_run(timing, after, zone, sun)
        assert at is not None
        found.append(wall(at, zone))
        after = at
    return found


class TestClocks:
    def test_a_time_that_the_clocks_skip_is_moved_with_them(self) -> None:
        timing = Timing(at=time(2, 30))
        assert runs(timing, us(2026, 3, 28), 3) == ["03-28 02:30", "03-29 03:30", "03-30 02:30"]

    def test_a_time_that_comes_twice_counts_once_the_first_time(self) -> None:
        timing = Timing(at=time(2, 30))
        assert runs(timing, us(2026, 10, 24, 12), 2) == ["10-25 02:30", "10-26 02:30"]
        assert next_run(timing, us(2026, 10, 24, 12), VIENNA, no_sun) == us(2026, 10, 25, 2, 30, fold=0)
        assert us(2026, 10, 25, 2, 30, fold=1) - us(2026, 10, 25, 2, 30, fold=0) == HOUR

    def test_the_day_of_a_change_has_the_evening_it_always_has(self) -> None:
        assert runs(Timing(at=time(18)), us(2026, 3, 28, 12), 2) == ["03-28 18:00", "03-29 18:00"]

    @given(
        st.integers(us(2020, 1, 1), us(2030, 1, 1)),
        st.times(min_value=time(0), max_value=time(23, 59)),
        st.sampled_from(ZONES),
        st.frozensets(st.integers(0, 6), min_size=1),
    )
    def test_each_chosen_day_has_one_run_and_they_never_go_back(
        self, after: int, at: time, zone: ZoneInfo, weekdays: frozenset[int]
    ) -> None:
        timing = Timing(at=at.replace(second=0, microsecond=0), weekdays=weekdays)
        found: list[int] = []
        for _ in range(15):
            run = next_run(timing, found[-1] if found else after, zone, no_sun)
            assert run is not None
            found.append(run)
        assert found[0] > after
        assert found == sorted(set(found))
        days = [datetime.fromtimestamp(run // SECOND, zone).date() for run in found]
        assert len(set(days)) == len(days)
        assert {day.weekday() for day in days} <= weekdays
        wanted = [
            d for n in range((days[-1] - days[0]).days + 1) if (d := days[0] + timedelta(n)).weekday() in weekdays
        ]
        assert days == wanted  # none is left out


class TestDays:
    def test_only_on_its_weekdays(self) -> None:
        timing = Timing(at=time(7), weekdays=frozenset({0, 4}))  # Monday and Friday
        assert runs(timing, us(2025, 11, 21, 12), 3) == ["11-24 07:00", "11-28 07:00", "12-01 07:00"]

    def test_not_on_excepted_days(self) -> None:
        timing = Timing(at=time(7), exceptions=frozenset({date(2025, 12, 25), date(2025, 12, 26)}))
        assert runs(timing, us(2025, 12, 24, 12), 1) == ["12-27 07:00"]

    def test_excepted_for_ever_never_runs(self) -> None:
        every_day = frozenset(date(2025, 11, 20) + timedelta(n) for n in range(400))
        assert next_run(Timing(at=time(7), exceptions=every_day), us(2025, 11, 21), VIENNA, no_sun) is None

    def test_the_instant_itself_is_past(self) -> None:
        timing = Timing(at=time(7))
        assert next_run(timing, us(2025, 11, 21, 7), VIENNA, no_sun) == us(2025, 11, 22, 7)
        assert next_run(timing, us(2025, 11, 21, 7) - 1, VIENNA, no_sun) == us(2025, 11, 21, 7)


class TestSun:
    def test_with_an_offset(self) -> None:
        timing = Timing(sun=Sun.SUNSET, offset_min=-30)
        assert runs(timing, us(2025, 11, 21, 12), 2, sun=a_sun) == ["11-21 20:30", "11-22 20:30"]

    def test_an_offset_may_reach_over_midnight(self) -> None:
        timing = Timing(sun=Sun.SUNSET, offset_min=300, weekdays=frozenset({4}))  # of Friday's sunset
        assert runs(timing, us(2025, 11, 22, 0), 1, sun=a_sun) == ["11-22 02:00"]

    @pytest.mark.parametrize("zone", [UTC, VIENNA])
    def test_an_offset_is_as_long_as_it_says_in_the_night_of_a_clock_change(self, zone: Any) -> None:
        def sun(day: date, event: Sun) -> datetime | None:
            return datetime.combine(day, time(20), UTC).astimezone(zone)

        timing = Timing(sun=Sun.SUNSET, offset_min=8 * 60)
        at = run_on(timing, date(2025, 10, 25), VIENNA, sun)  # the clocks go back at three
        assert at == us(2025, 10, 25, 22) + 8 * HOUR == us(2025, 10, 26, 5)

    def test_where_it_does_not_rise_there_is_no_run(self) -> None:
        timing = Timing(sun=Sun.SUNRISE)
        assert run_on(timing, date(2025, 12, 3), VIENNA, a_sun) is None
        assert runs(timing, us(2025, 11, 30, 12), 1, sun=a_sun) == ["12-08 07:00"]
        assert next_run(timing, us(2025, 11, 30), VIENNA, no_sun) is None


class TestAfterAPause:
    TIMING = Timing(at=time(7))
    SEVEN = us(2025, 11, 21, 7)

    def test_nothing_is_due_before_its_time(self) -> None:
        assert due(self.TIMING, self.SEVEN - HOUR, self.SEVEN - 1, VIENNA, no_sun).run is None

    def test_it_is_due_once(self) -> None:
        first = due(self.TIMING, self.SEVEN - HOUR, self.SEVEN, VIENNA, no_sun)
        assert (first.run, first.done_until, first.skipped) == (self.SEVEN, self.SEVEN, 0)
        assert due(self.TIMING, first.done_until, self.SEVEN + SECOND, VIENNA, no_sun).run is None

    def test_what_was_just_missed_is_made_up_for(self) -> None:
        late = due(self.TIMING, self.SEVEN - HOUR, self.SEVEN + GRACE_US, VIENNA, no_sun)
        assert late.run == self.SEVEN

    def test_what_is_old_is_skipped(self) -> None:
        late = due(self.TIMING, self.SEVEN - HOUR, self.SEVEN + GRACE_US + 1, VIENNA, no_sun)
        assert (late.run, late.done_until, late.skipped) == (None, self.SEVEN, 1)

    def test_of_many_only_the_latest(self) -> None:
        late = due(self.TIMING, self.SEVEN - 5 * DAY - HOUR, self.SEVEN + MINUTE, VIENNA, no_sun)
        assert (late.run, late.skipped) == (self.SEVEN, 5)

    def test_ten_years_are_no_long_search(self) -> None:
        late = due(self.TIMING, 0, self.SEVEN + MINUTE, VIENNA, no_sun)
        assert late.run == self.SEVEN


class TestTimings:
    @pytest.mark.parametrize(
        "fields",
        [{}, {"at": time(7), "sun": Sun.SUNRISE}, {"at": time(7), "weekdays": frozenset()},
         {"at": time(7), "weekdays": frozenset({7})}, {"at": time(7), "offset_min": 5},
         {"sun": Sun.SUNSET, "offset_min": 721},
         {"at": time(7), "exceptions": frozenset(date(2020, 1, 1) + timedelta(n) for n in range(401))}],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput):
            Timing(**fields)

    @pytest.mark.parametrize(
        "timing",
        [Timing(at=time(7, 5), weekdays=frozenset({1, 3}), exceptions=frozenset({date(2025, 12, 24)})),
         Timing(sun=Sun.SUNSET, offset_min=-15)],
    )  # fmt: skip
    def test_they_survive_storage(self, timing: Timing) -> None:
        assert Timing.from_json(timing.to_json()) == timing
