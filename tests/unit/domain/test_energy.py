"""kWh per bucket: known answers, where they come from and what is missing."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain import counters
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.energy import Energy, Quality, energy, summed
from ohmstead.domain.rollups import Rollups, fold
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND

# The days around the end of summer time in Berlin: 24, 25 and 24 hours, from 2024-10-26T00:00+02:00.
BORDERS = edges("Europe/Berlin", Period.DAY, 1_729_900_800 * SECOND, 1_730_152_800 * SECOND)
MIDNIGHT = int(BORDERS[0])


def every(step_us: int, from_us: int, to_us: int) -> np.ndarray:
    return np.arange(from_us, to_us, step_us, dtype=np.int64)


def power(t: np.ndarray, watts: float | np.ndarray, borders: np.ndarray = BORDERS, gap: int = 3 * MINUTE) -> Rollups:
    return fold(t, np.broadcast_to(watts, len(t)).astype(float), borders, max_gap_us=gap)


def counter(t: np.ndarray, wh: np.ndarray, borders: np.ndarray = BORDERS, gap: int = 3 * MINUTE) -> Rollups:
    increase, _ = counters.fold(t, wh.astype(float))
    return fold(t, wh.astype(float), borders, max_gap_us=gap, increase=increase)


def kwh(got: Energy) -> list[float]:
    return got.kwh.tolist()


def test_a_steady_kilowatt_makes_as_many_kwh_as_the_day_has_hours() -> None:
    t = every(MINUTE, MIDNIGHT - MINUTE, int(BORDERS[-1]))
    got = energy(BORDERS, power=power(t[1:], 1000.0), interval_us=MINUTE)
    assert kwh(got) == pytest.approx([24 - 1 / 60, 25, 24])
    assert got.quality == [Quality.INTEGRATED] * 3
    assert got.integrated.tolist() == [1, 1, 1]
    assert got.missing.tolist() == [0, 0, 0]
    assert (got.end - got.start).tolist() == [24 * HOUR, 25 * HOUR, 24 * HOUR]


def test_every_day_of_unusual_length_has_the_energy_of_its_hours_in_every_zone() -> None:
    """A register and a power of 1 kW, each read every quarter of an hour, over the days around each turn of a clock."""
    year = [datetime(2024, 1, 2, tzinfo=UTC) + timedelta(days=n) for n in range(360)]
    zones = {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in year): zone for zone in available_timezones()}
    lengths = set()
    for zone in zones.values():  # one of each kind
        days = edges(zone, Period.DAY, *(int(day.timestamp()) * SECOND for day in (year[0], year[-1])))
        for n in np.flatnonzero(np.diff(days) != DAY).tolist():
            borders = days[n - 1 : n + 3]
            t = every(15 * MINUTE, int(borders[0]), int(borders[-1]))
            hours = (np.diff(borders) / HOUR).tolist()
            lengths |= set(hours)
            by_register = energy(borders, counter=counter(t, 250.0 * np.arange(len(t)), borders, HOUR))
            by_power = energy(borders, power=power(t, 1000.0, borders, HOUR))
            for got in (by_register, by_power):  # the first day's first step is unknown
                assert kwh(got) == pytest.approx([hours[0] - 0.25, *hours[1:]]), zone
    assert lengths >= {23, 23.5, 24, 24.5, 25}


def test_power_that_rises_in_a_line_is_a_trapezoid() -> None:
    t = every(MINUTE, MIDNIGHT, MIDNIGHT + HOUR + 1)
    got = energy(BORDERS[:2], power=power(t, np.linspace(0, 600, len(t)), BORDERS[:2]))
    assert kwh(got) == pytest.approx([0.3])


def test_a_register_counts_whatever_its_samples_are_apart() -> None:
    t = np.array([MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + 20 * HOUR])
    got = energy(BORDERS[:2], counter=counter(t, np.array([500, 700, 5500]), BORDERS[:2]))
    assert kwh(got) == [5.0]


def test_a_bad_zero_adds_no_phantom_energy() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[-1]))
    register = 1_400_000.0 + np.arange(len(t))
    register[700] = 0
    got = energy(BORDERS, counter=counter(t, register), interval_us=MINUTE)
    assert kwh(got) == [1.439, 1.5, 1.44]
    assert got.quality == [Quality.MEASURED] * 3


def test_the_counter_is_preferred_to_power() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[1]))
    got = energy(
        BORDERS[:2],
        counter=counter(t, np.arange(len(t)), BORDERS[:2]),
        power=power(t, 1000.0, BORDERS[:2]),
        interval_us=MINUTE,
    )
    assert kwh(got) == [1.439]
    assert got.quality == [Quality.MEASURED]
    assert got.integrated.tolist() == [0]


def test_power_steps_in_where_it_covers_more_of_the_day() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[2]))
    late = t[t >= BORDERS[1] - 6 * HOUR]
    got = energy(
        BORDERS[:3],
        counter=counter(late, np.arange(len(late)), BORDERS[:3]),
        power=power(t, 1000.0, BORDERS[:3]),
        interval_us=MINUTE,
    )
    assert got.quality == [Quality.INTEGRATED, Quality.MEASURED]
    assert kwh(got) == pytest.approx([24 - 1 / 60, 1.5])


def test_a_lost_reading_of_the_register_is_no_reason_to_drop_it() -> None:
    """Both were silent from 06:00 to 12:00, the register four minutes longer: it alone knows what passed meanwhile."""
    t = every(MINUTE, MIDNIGHT, int(BORDERS[1]))
    silent = (t >= MIDNIGHT + 6 * HOUR) & (t < MIDNIGHT + 12 * HOUR)
    lost = (t >= MIDNIGHT + 12 * HOUR) & (t < MIDNIGHT + 12 * HOUR + 4 * MINUTE)
    got = energy(
        BORDERS[:2],
        counter=counter(t[~silent & ~lost], np.arange(len(t))[~silent & ~lost], BORDERS[:2]),
        power=power(t[~silent], 60.0, BORDERS[:2]),
        interval_us=MINUTE,
    )
    assert kwh(got) == [1.439]
    assert got.quality == [Quality.PARTIAL]


def test_a_register_that_is_read_once_an_hour_is_not_counted_beside_the_power_of_the_same_hour() -> None:
    """The second hour has no reading and the third one two: its register's step began in the second."""
    hours = edges("Europe/Berlin", Period.HOUR, MIDNIGHT, MIDNIGHT + 4 * HOUR)
    read = MIDNIGHT + np.array([-5 * SECOND, HOUR - 2 * SECOND, 2 * HOUR + 2 * SECOND, 3 * HOUR - SECOND])
    steady = every(10 * SECOND, MIDNIGHT, int(hours[-1]))
    register = fold(
        read[1:],
        np.array([1000.0, 2000, 3000]),
        hours,
        max_gap_us=2 * HOUR,
        before=(int(read[0]), 0.0),
        increase=np.array([1000.0, 1000, 1000]),
    )
    got = energy(hours, counter=register, power=power(steady, 1000.0, hours, MINUTE), interval_us=10 * SECOND)
    assert kwh(got) == pytest.approx([1, 1, 1, 1], rel=0.01)
    assert got.quality == [Quality.MEASURED, Quality.INTEGRATED, Quality.INTEGRATED, Quality.INTEGRATED]


def test_a_gap_is_not_bridged_and_is_shown() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[1]))
    t = t[(t < MIDNIGHT + 6 * HOUR) | (t >= MIDNIGHT + 12 * HOUR)]
    got = energy(BORDERS[:2], power=power(t, 1000.0, BORDERS[:2]), interval_us=MINUTE)
    assert kwh(got) == pytest.approx([18 - 2 / 60])
    assert got.quality == [Quality.PARTIAL]
    assert got.missing.tolist() == pytest.approx([0.25], abs=0.002)


def test_a_register_with_a_gap_keeps_its_energy_and_shows_the_gap() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[1]))
    kept = (t < MIDNIGHT + 6 * HOUR) | (t >= MIDNIGHT + 12 * HOUR)
    got = energy(BORDERS[:2], counter=counter(t[kept], np.arange(len(t))[kept], BORDERS[:2]), interval_us=MINUTE)
    assert kwh(got) == [1.439]
    assert got.quality == [Quality.PARTIAL]
    assert got.measured.tolist() == pytest.approx([0.75], abs=0.002)


def test_a_day_without_samples_is_missing_not_zero() -> None:
    t = every(MINUTE, int(BORDERS[1]), int(BORDERS[2]))
    got = energy(BORDERS, power=power(t, 0.0))
    assert math.isnan(got.kwh[0])
    assert got.kwh[1] == 0
    assert got.quality == [Quality.MISSING, Quality.INTEGRATED, Quality.MISSING]
    assert got.missing[0] == got.missing[2] == 1


def test_a_lone_first_sample_covers_nothing() -> None:
    got = energy(BORDERS[:2], counter=counter(np.array([MIDNIGHT + 5]), np.array([900]), BORDERS[:2]), interval_us=DAY)
    assert kwh(got) == [0]
    assert got.quality == [Quality.PARTIAL]
    assert got.missing.tolist() == [1]


def test_nothing_at_all_is_missing() -> None:
    assert energy(BORDERS).quality == [Quality.MISSING] * 3
    assert energy(BORDERS[:0]).quality == []


def test_the_rest_of_today_is_not_missing_yet() -> None:
    now = int(BORDERS[1]) + 5 * HOUR
    t = every(MINUTE, MIDNIGHT, now)
    got = energy(BORDERS, power=power(t, 1000.0), until_us=now, interval_us=MINUTE)
    assert got.start.tolist() == BORDERS[:2].tolist()
    assert got.end.tolist() == BORDERS[1:3].tolist()
    assert got.quality == [Quality.INTEGRATED] * 2
    assert got.missing.tolist() == [0, 0]


@pytest.mark.parametrize("until", [MIDNIGHT, MIDNIGHT - DAY])
def test_buckets_of_the_future_are_absent(until: int) -> None:
    got = energy(BORDERS, power=power(every(MINUTE, MIDNIGHT, MIDNIGHT + HOUR), 5.0), until_us=until)
    assert got.quality == []
    assert len(got.start) == len(got.kwh) == 0


def test_rows_outside_the_borders_are_left_out() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[-1]))
    whole = power(t, 1000.0)
    assert kwh(energy(BORDERS[1:3], power=whole)) == pytest.approx([25])


def test_fine_buckets_add_up_to_days() -> None:
    t = every(MINUTE, MIDNIGHT, int(BORDERS[-1]))
    hours = edges("Europe/Berlin", Period.HOUR, MIDNIGHT, int(BORDERS[-1]))
    fine = energy(BORDERS, power=power(t, 1000.0, hours), interval_us=MINUTE)
    assert kwh(fine) == pytest.approx(kwh(energy(BORDERS, power=power(t, 1000.0), interval_us=MINUTE)))
    assert fine.quality == [Quality.INTEGRATED] * 3


def test_a_month_is_the_sum_of_its_days_whatever_each_rests_on() -> None:
    """The register came on the second day: the first has only power, and the whole must not forget either."""
    t = every(MINUTE, MIDNIGHT, int(BORDERS[-1]))
    late = t[t >= BORDERS[1]]
    days = energy(BORDERS, counter=counter(late, np.arange(len(late)) * 10), power=power(t, 1000.0), interval_us=MINUTE)
    assert days.quality == [Quality.INTEGRATED, Quality.MEASURED, Quality.MEASURED]
    whole = summed(days, BORDERS[[0, -1]])
    assert kwh(whole) == pytest.approx([sum(kwh(days))])
    assert whole.integrated.tolist() == pytest.approx([24 / 73])
    assert whole.measured.tolist() == pytest.approx([49 / 73])
    assert whole.quality == [Quality.MEASURED]


def test_a_month_of_which_nothing_is_known_is_missing_and_its_future_is_not() -> None:
    nothing = summed(energy(BORDERS), BORDERS[[0, -1]])
    assert nothing.quality == [Quality.MISSING]
    assert math.isnan(nothing.kwh[0])
    now = int(BORDERS[0]) + HOUR
    begun = energy(BORDERS, power=power(every(MINUTE, MIDNIGHT, now), 1000.0), until_us=now, interval_us=MINUTE)
    assert summed(begun, BORDERS[[0, 2, 3]], until_us=now).quality == [Quality.INTEGRATED]
    assert summed(energy(BORDERS, until_us=MIDNIGHT), BORDERS[[0, -1]], until_us=MIDNIGHT).quality == []


def test_exported_power_makes_negative_kwh() -> None:
    t = every(MINUTE, MIDNIGHT, MIDNIGHT + HOUR + 1)
    assert kwh(energy(BORDERS[:2], power=power(t, -500.0, BORDERS[:2]))) == pytest.approx([-0.5])


@given(
    st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=80, unique=True),
    st.integers(0, 120),
    st.integers(0, 4 * 24 * 60),
)
def test_shares_are_shares_and_energy_is_kept(minutes: list[int], interval_min: int, until_min: int) -> None:
    t = MIDNIGHT + np.sort(np.array(minutes)) * MINUTE
    rows = counter(t, np.arange(len(t)) * 50, gap=HOUR)
    got = energy(
        BORDERS,
        counter=rows,
        power=power(t, 100.0, gap=HOUR),
        interval_us=interval_min * MINUTE,
        until_us=MIDNIGHT + until_min * MINUTE,
    )
    shares = np.array([got.measured, got.integrated, got.missing])
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (np.isnan(got.kwh) == [q is Quality.MISSING for q in got.quality]).all()
    counted = rows.increase
    assert counted is not None
    begun = rows.start < MIDNIGHT + until_min * MINUTE
    assert np.nansum(got.kwh) == pytest.approx(counted[begun].sum() / 1000)


@given(
    st.lists(st.integers(0, 3 * 24 * 60), max_size=60, unique=True),
    st.lists(st.integers(0, 3 * 24 * 60), max_size=60, unique=True),
    st.integers(0, 4 * 24 * 60),
    st.sampled_from([[0, 1, 3], [0, 2, 3], [0, 3]]),
)
def test_longer_buckets_tell_what_their_days_tell(
    read: list[int], powered: list[int], until_min: int, which: list[int]
) -> None:
    until = MIDNIGHT + until_min * MINUTE
    t, p = (MIDNIGHT + np.sort(np.array(minutes, np.int64)) * MINUTE for minutes in (read, powered))
    days = energy(
        BORDERS, counter=counter(t, np.arange(len(t)) * 50, gap=HOUR), power=power(p, 100.0, gap=HOUR), until_us=until
    )
    borders = BORDERS[which]
    got = summed(days, borders, until_us=until)
    assert got.start.tolist() == [b for b in borders[:-1].tolist() if b < until]
    for i, (start, end) in enumerate(zip(got.start, got.end, strict=True)):
        inside = (days.start >= start) & (days.start < end)
        assert np.isnan(got.kwh[i]) == np.isnan(days.kwh[inside]).all()
        assert np.isnan(got.kwh[i]) or got.kwh[i] == pytest.approx(np.nansum(days.kwh[inside]))
        shares = (got.measured[i], got.integrated[i], got.missing[i])
        assert all(-1e-12 <= share <= 1 + 1e-12 for share in shares)
