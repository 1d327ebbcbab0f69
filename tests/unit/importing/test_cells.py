"""Columns of cells read at once are the same as cells read one by one."""

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.decimals import scale, shortest_float32
from ohmstead.importing.cells import Column, numbers, split
from ohmstead.importing.float32 import cleaned
from ohmstead.importing.times import TimeFormat, instants

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def column(*cells: str, separator: str = ";") -> Column:
    """The second column of a table."""
    return split("".join(f"x{separator}{cell}\n" for cell in cells).encode(), separator, 2).columns[1]


def texts(found: Column) -> list[str]:
    return [found.text(row) for row in range(len(found.starts))]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_comes_back_as_it_was_written(values: list[float]) -> None:
    found, bad = numbers(column(*map(repr, values)), ".")
    assert found.tolist() == values
    assert not bad.any()


@given(st.lists(st.decimals(-10_000_000, 10_000_000, places=6), min_size=1))
def test_decimals_with_a_comma_are_the_nearest_float(values: list[object]) -> None:
    found, bad = numbers(column(*(str(value).replace(".", ",") for value in values)), ",")
    assert found.tolist() == [float(str(value)) for value in values]
    assert not bad.any()


@pytest.mark.parametrize(
    "cell", ["12,5", "1.2.3", "abc", "--1", "1-2", "0x10", "1_000", "1 000", ".", "inf", "+", "1e999"]
)
def test_what_is_no_number_is_bad_and_leaves_its_neighbours_alone(cell: str) -> None:
    found, bad = numbers(column("1.5", cell, "-2"), ".")
    assert bad.tolist() == [False, True, False]
    assert found[0] == 1.5
    assert found[2] == -2.0


@pytest.mark.parametrize("cell", ["", "  ", "nan", "NULL", "unavailable", "-", "n/a"])
def test_nothing_is_absent_and_not_bad(cell: str) -> None:
    found, bad = numbers(column(cell, "1"), ".")
    assert math.isnan(found[0])
    assert found[1] == 1.0
    assert not bad.any()


def test_a_thousands_point_in_decimal_comma_text_is_refused_rather_than_guessed() -> None:
    _, bad = numbers(column("1.234,5", "1,5"), ",")
    assert bad.tolist() == [True, False]


def test_cells_lose_their_quotes_and_spaces_and_blank_lines_count_as_lines() -> None:
    table = split(b'a;"1"\r\n\r\n b ; 2 \r\nc;3;4\r\nd\r\n;\r\ne;5\r\n', ";", 2)
    assert texts(table.columns[0]) == ["a", "b", "e"]
    assert texts(table.columns[1]) == ["1", "2", "5"]
    assert table.lines.tolist() == [0, 2, 6]
    assert table.broken.tolist() == [3, 4]
    assert table.line_count == 7


def test_a_separator_inside_quotes_separates_nothing() -> None:
    table = split(b'a,"1,5"\nb,2\n"c, d",3\n', ",", 2)
    assert texts(table.columns[0]) == ["a", "b", "c, d"]
    assert texts(table.columns[1]) == ["1,5", "2", "3"]
    assert not len(table.broken)


INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
FORMS = (
    (TimeFormat.YMD, "%Y-%m-%dT%H:%M:%S.%fZ"),
    (TimeFormat.YMD, "%Y-%m-%d %H:%M:%S,%f+00:00"),
    (TimeFormat.YMD, "%Y/%m/%d %H:%M:%S.%f"),
    (TimeFormat.DMY, "%d.%m.%Y %H:%M:%S.%f"),
    (TimeFormat.MDY, "%m/%d/%Y %H:%M:%S.%f"),
)


@pytest.mark.parametrize(("style", "form"), FORMS)
@given(times=st.lists(INSTANTS, min_size=1))
def test_written_times_are_read_to_the_microsecond(style: TimeFormat, form: str, times: list[datetime]) -> None:
    found = instants(column(*(time.strftime(form) for time in times)), style)
    assert not found.bad.any()
    assert found.us.tolist() == [(time - EPOCH) // timedelta(microseconds=1) for time in times]
    assert set(found.zoned.tolist()) == {form.endswith(("Z", "+00:00"))}


@given(INSTANTS, st.integers(-14 * 60, 14 * 60))
def test_offsets_are_taken_off(time: datetime, minutes: int) -> None:
    local = time.astimezone(timezone(timedelta(minutes=minutes)))
    found = instants(column(local.isoformat(sep=" "), local.isoformat().replace("+", "-")), TimeFormat.YMD)
    assert found.us[0] == (time - EPOCH) // timedelta(microseconds=1)
    assert found.zoned.all()


@pytest.mark.parametrize(
    "cell",
    ["2025-02-29 00:00:00", "2025-13-01 00:00:00", "2025-01-01 24:00:00", "2025-01-01 00:60:00", "2025-01-01X00:00:00",
     "yesterday", "", "2025-01-01 00:00:00 CET", "0000-01-01 00:00:00", "2025-01-01 00:00:0x"],
)  # fmt: skip
def test_impossible_times_are_bad_among_good_ones(cell: str) -> None:
    found = instants(column("2024-02-29 00:00:00", cell), TimeFormat.YMD)
    assert found.bad.tolist() == [False, True]


@pytest.mark.parametrize(
    ("cell", "style", "expected"),
    [
        ("2025-01-02", TimeFormat.YMD, "2025-01-02T00:00:00+00:00"),
        ("1/2/2025 3:04:05 PM", TimeFormat.MDY, "2025-01-02T15:04:05+00:00"),
        ("1.2.2025 3:04", TimeFormat.DMY, "2025-02-01T03:04:00+00:00"),
        ("12/31/2025 12:00 AM", TimeFormat.MDY, "2025-12-31T00:00:00+00:00"),
        ("2025-01-01T00:00:00.123456789+0130", TimeFormat.YMD, "2024-12-31T22:30:00.123456+00:00"),
        ("1735689600", TimeFormat.EPOCH_S, "2025-01-01T00:00:00+00:00"),
        ("1735689600.25", TimeFormat.EPOCH_S, "2025-01-01T00:00:00.250000+00:00"),
        ("1735689600123", TimeFormat.EPOCH_MS, "2025-01-01T00:00:00.123000+00:00"),
        ("1735689600123456", TimeFormat.EPOCH_US, "2025-01-01T00:00:00.123456+00:00"),
    ],
)
def test_other_forms(cell: str, style: TimeFormat, expected: str) -> None:
    found = instants(column(cell), style)
    assert not found.bad.any()
    assert (EPOCH + timedelta(microseconds=int(found.us[0]))).isoformat() == expected


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1), st.sampled_from([-3, 0, 3]))
def test_float32_noise_goes_as_it_does_for_single_readings(values: list[float], power: int) -> None:
    found = cleaned(np.array(values), power)
    expected = [scale(shortest_float32(value), power) for value in values]
    assert found.tolist() == [0.0 if value == 0 else value for value in expected]


@given(st.lists(st.decimals(-100_000, 100_000, places=6), min_size=1), st.sampled_from([-3, 0, 3]))
def test_printed_float32_goes_as_it_does_for_single_readings(values: list[object], power: int) -> None:
    printed = [float(str(value)) for value in values]
    expected = [scale(shortest_float32(value), power) for value in printed]
    assert cleaned(np.array(printed), power).tolist() == [0.0 if value == 0 else value for value in expected]
