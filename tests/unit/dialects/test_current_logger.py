"""A time of day without a date finds its day again, in any zone and on any day of the year."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.dialects.current_logger import CurrentLogger, place
from ohmstead.dialects.dialect import Envelope
from ohmstead.domain.telemetry import DAY, HOUR, SECOND

BUDAPEST = ZoneInfo("Europe/Budapest")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_2025 = 1_735_689_600_000_000


def written(instant_us: int, zone: ZoneInfo) -> str:
    """The instant as the device writes it."""
    return (EPOCH + timedelta(microseconds=instant_us)).astimezone(zone).strftime("%H:%M:%S.%f")[:-3]


@settings(max_examples=300, deadline=None)
@given(
    arrival=st.integers(YEAR_2025, YEAR_2025 + 366 * DAY)
    | st.integers(1_743_292_800_000_000, 1_743_310_800_000_000)  # the morning of the change in spring
    | st.integers(1_761_426_000_000_000, 1_761_451_200_000_000),  # and in autumn
    age_ms=st.integers(-4_990, 20 * 60_000),
    zone=st.sampled_from([BUDAPEST, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns"), ZoneInfo("UTC")]),
)
def test_a_reading_up_to_twenty_minutes_old_is_placed_where_it_was_measured(
    arrival: int, age_ms: int, zone: ZoneInfo
) -> None:
    measured = (arrival // 1_000 - age_ms) * 1_000
    assert place(written(measured, zone), zone, arrival) == measured


@pytest.mark.parametrize(
    "told", ["", "noon", "24:00:00.000", "12:60:00.000", "12:00:60", "120000.000", "12:00:00+02:00", "12:00:00Z"]
)
def test_what_is_no_time_of_day_has_no_place(told: str) -> None:
    assert place(told, BUDAPEST, YEAR_2025) is None


def test_the_zone_is_a_matter_of_set_up() -> None:
    arrival = YEAR_2025 + 12 * HOUR
    payload = b'{"timestamp":"12:00:00.000","current":1}'
    for zone, before in (("UTC", 0), ("Asia/Tokyo", 9 * HOUR), ("America/New_York", 19 * HOUR)):
        [run] = CurrentLogger(zone).decode(payload, Envelope(arrival, peer="10.0.0.1")).runs
        assert run.times_us == [arrival - before]


def test_ahead_by_more_than_five_seconds_is_yesterday() -> None:
    arrival = YEAR_2025 + 12 * HOUR
    assert place(written(arrival + 5 * SECOND, BUDAPEST), BUDAPEST, arrival) == arrival + 5 * SECOND
    assert place(written(arrival + 6 * SECOND, BUDAPEST), BUDAPEST, arrival) == arrival + 6 * SECOND - DAY
