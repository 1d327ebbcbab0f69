"""Files that tell times of day only get dates, and keep them when they grow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ohmstead.importing.chunks import Faults, UnusableFile
from ohmstead.importing.current_logger import CurrentLoggerFile, make_plan
from ohmstead.importing.day_plan import DayPlan, day_of

ZONE = ZoneInfo("Europe/Budapest")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def rows(instants: Sequence[datetime], value: str = "152.489883") -> bytes:
    """What the older server would have appended."""
    return b"".join(f"{t.astimezone(ZONE):%H:%M:%S}.{t.microsecond // 1000:03},{value}\r\n".encode() for t in instants)


def every(start: datetime, step: timedelta, count: int) -> list[datetime]:
    return [start + n * step for n in range(count)]


def read(path: Path, plan: DayPlan, position: int = 0, state: dict[str, Any] | None = None) -> list[datetime]:
    chunks = CurrentLoggerFile(path, plan, ZONE).chunks(position, state or {})
    return [EPOCH + timedelta(microseconds=t) for c in chunks for t in c.parts[0].times_us.tolist()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "current_data.csv"


@pytest.mark.parametrize(
    "start",
    [
        datetime(2025, 6, 1, tzinfo=UTC),
        datetime(2025, 3, 28, 17, tzinfo=UTC),  # over the hour that spring skips
        datetime(2025, 10, 24, 17, tzinfo=UTC),  # over the hour that autumn repeats
        datetime(2024, 12, 30, 3, tzinfo=UTC),
    ],
)
def test_days_are_found_backwards_from_the_files_own_time(path: Path, start: datetime) -> None:
    instants = every(start, timedelta(minutes=7, milliseconds=13), 900)
    path.write_bytes(rows(instants))
    plan = make_plan(path, ZONE, [], end_us=us(instants[-1] + timedelta(seconds=3)))
    assert read(path, plan) == [t.replace(microsecond=t.microsecond // 1000 * 1000) for t in instants]


def test_the_date_of_the_first_row_can_be_told_instead(path: Path) -> None:
    instants = every(datetime(2025, 10, 24, 17, tzinfo=UTC), timedelta(minutes=7), 900)
    path.write_bytes(rows(instants))
    plan = make_plan(path, ZONE, [], first_day=day_of("2025-10-24"))
    assert read(path, plan) == instants


def test_milliamperes_become_amperes_without_float_noise(path: Path) -> None:
    path.write_bytes(b"14:03:27.048,152.489883\r\n14:03:27.061,-0.048828\r\n14:03:28,7\r\n")
    plan = make_plan(path, ZONE, [], end_us=us(datetime(2025, 6, 1, 12, 30, tzinfo=UTC)))
    (chunk,) = CurrentLoggerFile(path, plan, ZONE).chunks(0, {})
    assert chunk.parts[0].values.ravel().tolist() == [0.15248988, -0.000048828, 0.007]


def test_a_clock_corrected_by_seconds_begins_no_new_day(path: Path) -> None:
    path.write_bytes(b"10:00:05.000,1\r\n10:00:03.500,1\r\n00:00:00.010,1\r\n23:59:59.990,1\r\n00:00:00.020,1\r\n")
    plan = make_plan(path, ZONE, [], first_day=day_of("2025-06-01"))
    found = [t.astimezone(ZONE).strftime("%d %H:%M:%S.%f")[:-3] for t in read(path, plan)]
    assert found == ["01 10:00:05.000", "01 10:00:03.500", "02 00:00:00.010", "01 23:59:59.990", "02 00:00:00.020"]


def test_a_file_that_grew_keeps_the_dates_of_its_old_rows(path: Path) -> None:
    first = every(datetime(2025, 6, 1, 5, tzinfo=UTC), timedelta(minutes=11), 500)
    path.write_bytes(rows(first))
    plan = make_plan(path, ZONE, [], end_us=us(first[-1]))
    plan = DayPlan.from_json(replace(plan, done=plan.size).to_json())
    # The logger was off for five days, which nothing in the file tells.
    later = every(datetime(2025, 6, 10, 5, tzinfo=UTC), timedelta(minutes=11), 300)
    path.write_bytes(rows(first) + rows(later))
    grown = make_plan(path, ZONE, [plan], end_us=us(later[-1] + timedelta(seconds=1)))
    assert read(path, grown) == later
    assert read(path, replace(grown, done=0)) == first + later
    again = make_plan(path, ZONE, [replace(grown, done=grown.size)], end_us=us(datetime(2026, 1, 1, tzinfo=UTC)))
    assert read(path, again) == []
    assert read(path, replace(again, done=0)) == first + later


def test_a_copy_whose_own_time_is_older_than_its_rows_is_dated_on_from_what_is_known(path: Path) -> None:
    first = every(datetime(2025, 10, 25, 12, tzinfo=UTC), timedelta(minutes=11), 60)
    path.write_bytes(rows(first))
    plan = make_plan(path, ZONE, [], end_us=us(first[-1]))
    later = every(first[-1] + timedelta(minutes=11), timedelta(minutes=11), 300)
    path.write_bytes(rows(first) + rows(later))
    grown = make_plan(path, ZONE, [plan], end_us=us(datetime(2020, 1, 1, tzinfo=UTC)))
    assert read(path, grown) == first + later


def test_a_last_line_that_is_still_being_written_waits_for_the_next_time(path: Path) -> None:
    instants = every(datetime(2025, 6, 1, 5, tzinfo=UTC), timedelta(seconds=1), 5)
    whole = rows(instants)
    path.write_bytes(whole[:-6])
    plan = make_plan(path, ZONE, [], end_us=us(instants[-1]))
    assert read(path, plan) == instants[:4]
    path.write_bytes(whole)
    grown = make_plan(path, ZONE, [replace(plan, done=plan.size)], end_us=us(instants[-1]))
    assert read(path, grown) == instants[4:]


def test_broken_rows_are_named_and_a_heading_is_not_held_against_anyone(path: Path) -> None:
    path.write_bytes(
        b"timestamp,current\r\n10:00:00.000,1\r\n,5\r\n10:00:01.000,\r\n25:00:00.000,1\r\njunk\r\n10:00:02,2\r\n"
    )
    plan = make_plan(path, ZONE, [], end_us=us(datetime(2025, 6, 1, 12, tzinfo=UTC)))
    faults = Faults()
    chunks = list(CurrentLoggerFile(path, plan, ZONE).chunks(0, {}))
    for chunk in chunks:
        faults.merge(chunk.faults)
    assert faults.lines == {"columns": [6], "time": [3, 5], "value": [4]}
    assert len(chunks[0].parts[0].times_us) == 2


def test_what_is_no_current_data_is_refused(path: Path) -> None:
    path.write_bytes(b"hello\nworld\n")
    with pytest.raises(UnusableFile, match="current_data"):
        make_plan(path, ZONE, [], end_us=0)
    path.write_bytes(b"10:00:00.000,1\n")
    with pytest.raises(UnusableFile, match="name the date"):
        make_plan(path, ZONE, [])


def test_reading_goes_on_from_any_chunk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.importing.pieces.PIECE_BYTES", 1000)
    instants = every(datetime(2025, 10, 24, 17, tzinfo=UTC), timedelta(minutes=7), 900)
    path.write_bytes(rows(instants))
    plan = make_plan(path, ZONE, [], end_us=us(instants[-1]))
    chunks = list(CurrentLoggerFile(path, plan, ZONE).chunks(0, {}))
    assert len(chunks) > 10
    seen = 0
    for chunk in chunks[:-1]:
        seen += len(chunk.parts[0].times_us)
        assert read(path, plan, chunk.position, chunk.state) == instants[seen:]
    assert chunks[-1].position == path.stat().st_size
