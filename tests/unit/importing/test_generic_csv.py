"""Tables of text in all the ways people have them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ohmstead.domain.telemetry import Announcement
from ohmstead.importing.chunks import Faults, UnusableFile
from ohmstead.importing.detecting import Detected, detect
from ohmstead.importing.generic_csv import GenericCsv
from ohmstead.importing.layouts import layout_of, recoded
from ohmstead.importing.suggesting import suggest
from ohmstead.importing.times import TimeFormat

BUDAPEST = ZoneInfo("Europe/Budapest")


class Read:
    """A whole file, read in chunks."""

    def __init__(self, path: Path, zone: ZoneInfo = BUDAPEST, mapping: Any = None, **given: Any) -> None:
        self.reader = GenericCsv(path, layout_of(detect(path.read_bytes(), **given), mapping), zone)
        self.chunks = list(self.reader.chunks(0, {}))
        self.faults = Faults()
        for chunk in self.chunks:
            self.faults.merge(chunk.faults)
        self.keys = self.chunks[0].parts[0].keys
        self.times = [
            datetime.fromtimestamp(t / 1e6, UTC).isoformat()
            for chunk in self.chunks
            for t in chunk.parts[0].times_us.tolist()
        ]
        self.values = np.concatenate([chunk.parts[0].values for chunk in self.chunks])


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


ROWS = [("2025-06-01 12:00:00", "1.5", "230"), ("2025-06-01 12:00:10", "-2.25", "231.5")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_marks_and_line_ends_are_found(write: Any, separator: str, mark: bytes, end: str) -> None:
    text = end.join(separator.join(row) for row in [("Time", "Power (W)", "Voltage [V]"), *ROWS])
    read = Read(write(mark + text.encode()), zone=ZoneInfo("UTC"))
    assert read.keys == ("power", "voltage")
    assert [a.unit for a in read.reader.announced] == ["W", "V"]
    assert read.times == ["2025-06-01T12:00:00+00:00", "2025-06-01T12:00:10+00:00"]
    assert read.values.tolist() == [[1.5, 230.0], [-2.25, 231.5]]
    assert not read.faults.counts


def test_a_decimal_comma_is_found_and_so_are_german_dates(write: Any) -> None:
    read = Read(write("Zeit;Leistung kW\n31.12.2024 23:30:00;1,5\n01.01.2025 00:00;-0,25\n"))
    assert read.times == ["2024-12-31T22:30:00+00:00", "2024-12-31T23:00:00+00:00"]
    assert read.values.ravel().tolist() == [1.5, -0.25]
    assert read.reader.announced[0] == Announcement("leistung", "power", "kW")


def test_a_decimal_comma_inside_quotes_goes_with_a_comma_as_separator(write: Any) -> None:
    read = Read(write('time,power\n"2025-06-01T00:00:00Z","1,5"\n"2025-06-01T00:00:01Z","2,5"\n'))
    assert read.values.ravel().tolist() == [1.5, 2.5]


def test_utf16_is_recoded_once(write: Any) -> None:
    path = write("idő;áram [A]\n2025-06-01T00:00:00Z;1,5\n".encode("utf-16"))
    target = recoded(path)
    assert target != path
    assert recoded(target) == target
    read = Read(target)
    assert read.values.ravel().tolist() == [1.5]
    assert read.keys == ("áram",)


def test_a_table_without_a_heading_is_numbered(write: Any) -> None:
    read = Read(write("1735689600,1.5\n1735689601,2.5\n"))
    assert read.keys == ("value_1",)
    assert read.times[0] == "2025-01-01T00:00:00+00:00"


def test_lines_before_the_heading_are_passed_over(write: Any) -> None:
    read = Read(write("Exported by Meter 3\n\ntime,power\n2025-06-01T00:00:00Z,1\nbroken\n2025-06-01T00:00:01Z,2\n"))
    assert read.values.ravel().tolist() == [1.0, 2.0]
    assert read.faults.lines == {"columns": [5]}


def test_broken_rows_are_named_by_line_and_the_rest_is_kept(write: Any) -> None:
    lines = ["time,power,voltage"] + [f"2025-06-01T00:00:{n:02},{n},230" for n in range(60)]
    lines[3] = "garbage"
    lines[10] = "not a time,1,2"
    lines[20] = "2025-06-01T00:00:19,oops,229"
    lines[30] = "2025-06-01T00:00:29,1,2,3"
    lines[40] = "2025-06-01T00:00:39,,"
    read = Read(write("\n".join(lines) + "\n"))
    assert read.faults.counts == {"columns": 2, "time": 1, "value": 1}
    assert read.faults.lines == {"columns": [4, 31], "time": [11], "value": [21]}
    assert len(read.times) == 57
    row = read.times.index("2025-05-31T22:00:19+00:00")
    assert np.isnan(read.values[row, 0])
    assert read.values[row, 1] == 229.0


def test_mixed_offsets_in_one_file_are_each_believed(write: Any) -> None:
    cells = ("2025-06-01T12:00:00Z", "2025-06-01T14:00:00+02:00", "2025-06-01 14:00:00", "2025-06-01T07:00:00-0500")
    read = Read(write("time,power\n" + "".join(f"{cell},1\n" for cell in cells)))
    assert set(read.times) == {"2025-06-01T12:00:00+00:00"}


def test_the_hour_that_autumn_repeats_is_told_apart_by_order(write: Any) -> None:
    local = [f"2025-10-26 {hour:02}:{minute:02}:00" for hour in (1, 2, 2, 3) for minute in (0, 30)]
    rising = Read(write("time,power\n" + "".join(f"{t},1\n" for t in local)))
    expected = [f"2025-10-{25 + (n >= 2):02}T{(23 + n // 2) % 24:02}:{n % 2 * 30:02}:00+00:00" for n in range(8)]
    assert rising.times == expected
    falling = Read(write("time,power\n" + "".join(f"{t},1\n" for t in local[::-1])))
    assert falling.times == expected[::-1]


def test_a_time_that_spring_skips_is_read_with_the_offset_from_before(write: Any) -> None:
    read = Read(write("time,power\n2025-03-30 01:59:00,1\n2025-03-30 02:30:00,1\n2025-03-30 03:00:00,1\n"))
    assert read.times == ["2025-03-30T00:59:00+00:00", "2025-03-30T01:30:00+00:00", "2025-03-30T01:00:00+00:00"]


def test_reading_goes_on_from_every_chunk_with_the_same_result(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.importing.pieces.PIECE_BYTES", 200)
    local = [f"2025-10-26 {hour:02}:{minute:02}:00" for hour in (1, 2, 2, 3) for minute in range(0, 60, 5)]
    whole = Read(write("time,power\n" + "".join(f"{t},{n}\n" for n, t in enumerate(local))))
    assert len(whole.chunks) > 3
    for n, chunk in enumerate(whole.chunks[:-1]):
        rest = list(whole.reader.chunks(chunk.position, chunk.state))
        for column in ("times_us", "lines"):
            again = [x for part in rest for x in getattr(part.parts[0], column).tolist()]
            before = [x for part in whole.chunks[n + 1 :] for x in getattr(part.parts[0], column).tolist()]
            assert again == before
        assert rest[-1].position == whole.chunks[-1].position
    assert whole.chunks[-1].position == whole.reader.total


def test_a_mapping_chooses_and_names_columns(write: Any) -> None:
    path = write("when,a,b\n2025-06-01T00:00:00Z,1,2\n")
    read = Read(path, mapping=[("b", Announcement("energy", "energy", "kWh"))])
    assert read.keys == ("energy",)
    assert read.values.ravel().tolist() == [2.0]
    assert Read(path, mapping=[("2", Announcement("x"))]).values.ravel().tolist() == [1.0]


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        ([("c", Announcement("x"))], "there is no column 'c'"),
        ([("a", Announcement("x")), ("b", Announcement("x"))], "same key"),
        ([("a", Announcement("x", "magic"))], "not a quantity"),
        ([("a", Announcement("\n"))], "cannot be a channel's key"),
    ],
)
def test_a_mapping_that_cannot_be_says_why(write: Any, mapping: Any, complaint: str) -> None:
    with pytest.raises(UnusableFile, match=complaint):
        Read(write("when,a,b\n2025-06-01T00:00:00Z,1,2\n"), mapping=mapping)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\x00\x01\x02\x00 binary \x00", "no text"),
        (b"just one column\n1\n2\n", "separator"),
        (b"a,b\n1,2\n3,4\n", "no column of times"),
        (b"time,power\n", "no row"),
        (b"time,name\n2025-06-01T00:00:00Z,Bob\n", "no column of numbers"),
    ],
)
def test_what_is_no_table_of_values_is_refused_in_words(write: Any, content: bytes, complaint: str) -> None:
    with pytest.raises(UnusableFile, match=complaint):
        Read(write(content))


def test_day_and_month_that_could_be_exchanged_are_pointed_out() -> None:
    head = b"time,power\n01/02/2025 00:00:00,1\n02/02/2025 00:00:00,2\n"
    found: Detected = detect(head)
    assert found.time_format is TimeFormat.DMY
    assert "exchanged" in found.ambiguous[0]
    told = detect(head, time_format=TimeFormat.MDY)
    assert told.time_format is TimeFormat.MDY
    assert not told.ambiguous
    assert detect(b"time,power\n01/13/2025 00:00:00,1\n").time_format is TimeFormat.MDY


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Power (W)", Announcement("power", "power", "W")),
        ("power_w", Announcement("power", "power", "W")),
        ("Energy [kWh]", Announcement("energy", "energy", "kWh")),
        ("total_energy_kwh", Announcement("total_energy", "energy", "kWh")),
        ("Spannung", Announcement("spannung", "voltage", None)),
        ("outside temp (°F)", Announcement("outside_temp", "temperature", "°F")),
        ("power_factor", Announcement("power_factor", "power_factor", None)),
        ("speed (km/h)", Announcement("speed", None, "km/h")),
        ("Wh", Announcement("wh", "energy", "Wh")),
        ("", Announcement("value", None, None)),
    ],
)
def test_headings_suggest_what_is_measured(heading: str, expected: Announcement) -> None:
    assert suggest(heading, set()) == expected


def test_headings_that_are_alike_get_keys_of_their_own() -> None:
    taken: set[str] = set()
    assert [suggest("Power (W)", taken).key for _ in range(3)] == ["power", "power_2", "power_3"]
