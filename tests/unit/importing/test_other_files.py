"""Force tests, the older meter dashboard's database, and telling files apart."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ohmstead.importing.chunks import UnusableFile
from ohmstead.importing.force_test import HEADING, ForceTestFile
from ohmstead.importing.meter_sqlite import MeterSqlite
from ohmstead.importing.recognising import recognise

VIENNA = ZoneInfo("Europe/Vienna")
T0 = 1_755_851_131_104_233  # 2025-08-22T10:25:31.104233 in Vienna


def force_test(path: Path, *lines: str) -> ForceTestFile:
    path.write_bytes(HEADING + b"\r\n" + "".join(f"{line}\r\n" for line in lines).encode())
    return ForceTestFile(path, VIENNA)


def test_a_force_test_keeps_the_distances_of_the_devices_clock(tmp_path: Path) -> None:
    burst = [f"2025-08-22T10:25:31.{104233 + n}Z,{-12688 - n},{-17431 - n},{81234 + 2 * n}" for n in range(100)]
    (chunk,) = force_test(tmp_path / "t.csv", *burst).chunks(0, {})
    (rows,) = chunk.parts
    assert rows.keys == ("left", "right")
    assert rows.times_us.tolist() == [T0 + 2000 * n for n in range(100)]
    assert rows.values[:2].tolist() == [[-12688.0, -17431.0], [-12689.0, -17432.0]]
    assert not chunk.faults.counts


def test_the_devices_clock_wraps_and_starts_again(tmp_path: Path) -> None:
    reader = force_test(
        tmp_path / "t.csv",
        "2025-08-22T10:25:31.104233Z,1,1,4294967290",
        "2025-08-22T10:25:31.104300Z,2,2,4",
        "2025-08-22T10:30:00.000000Z,3,3,1",
        "2025-08-22T10:30:00.000100Z,4,4,11",
    )
    (chunk,) = reader.chunks(0, {})
    again = T0 - 31_104_233 + 5 * 60_000_000 - 25 * 60_000_000 + 25 * 60_000_000
    assert chunk.parts[0].times_us.tolist() == [T0, T0 + 10_000, again, again + 10_000]


def test_a_force_test_goes_on_from_any_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.importing.pieces.PIECE_BYTES", 500)
    lines = [f"2025-08-22T10:25:31.104233Z,{n},{n},{81234 + n}" for n in range(200)]
    reader = force_test(tmp_path / "t.csv", *lines)
    chunks = list(reader.chunks(0, {}))
    seen = 0
    for chunk in chunks[:-1]:
        seen += len(chunk.parts[0].times_us)
        rest = [t for c in reader.chunks(chunk.position, chunk.state) for t in c.parts[0].times_us.tolist()]
        assert rest == [T0 + 1000 * n for n in range(seen, 200)]


def test_a_force_test_with_another_heading_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UnusableFile, match="left_sensor"):
        ForceTestFile(path, VIENNA)


def readings(path: Path, rows: list[tuple[Any, ...]]) -> MeterSqlite:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE meter_readings (id INTEGER PRIMARY KEY, device_id TEXT, serial_number TEXT, voltage REAL, "
            "current REAL, power REAL, energy REAL, timestamp TEXT)"
        )
        connection.executemany(
            "INSERT INTO meter_readings (device_id, serial_number, voltage, current, power, energy, timestamp) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.commit()
    return MeterSqlite(path)


def test_readings_are_sorted_out_by_serial_and_kwh_become_wh(tmp_path: Path) -> None:
    reader = readings(
        tmp_path / "m.db",
        [
            ("1", "SN001", 228.399994, 0.413, 93.5, 12.345, "2025-09-21T08:30:10Z"),
            ("1", "SN002", 230.0, 0.5, 100.0, 1.001, "2025-09-21 08:30:11"),
            ("1", "SN001", 228.5, 0.414, 93.6, 12.346, "2025-09-21T10:30:20+02:00"),
        ],
    )
    (chunk,) = reader.chunks(0, {})
    first, second = chunk.parts
    assert (first.serial, second.serial) == ("SN001", "SN002")
    assert first.keys == ("power", "voltage", "current", "energy")
    assert first.values.tolist() == [[93.5, 228.4, 0.413, 12345.0], [93.6, 228.5, 0.414, 12346.0]]
    assert second.values.tolist() == [[100.0, 230.0, 0.5, 1001.0]]
    start = 1_758_443_410_000_000
    assert first.times_us.tolist() == [start, start + 10_000_000]
    assert second.times_us.tolist() == [start + 1_000_000]


def test_rows_that_say_nothing_usable_are_named(tmp_path: Path) -> None:
    reader = readings(
        tmp_path / "m.db",
        [
            ("7", "", 230.0, 0.5, 100.0, 1.0, "2025-09-21T08:30:10Z"),
            ("7", "SN1", 230.0, 0.5, 100.0, 1.0, "1970-01-01T00:00:07Z"),
            ("", None, 230.0, 0.5, 100.0, 1.0, "2025-09-21T08:30:10Z"),
            ("7", "SN1", None, "x", 100.0, 1.0, "2025-09-21T08:30:10Z"),
        ],
    )
    (chunk,) = reader.chunks(0, {})
    assert chunk.faults.lines == {"time": [2], "device": [3], "value": [4]}
    assert [part.serial for part in chunk.parts] == ["meter-7", "SN1"]
    assert np.isnan(chunk.parts[1].values).tolist() == [[False, True, True, False]]


def test_readings_go_on_behind_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.importing.meter_sqlite.ROWS_AT_ONCE", 10)
    rows = [("1", "S", 230.0, 0.5, float(n), 1.0, f"2025-09-21T08:30:{n:02}Z") for n in range(25)]
    reader = readings(tmp_path / "m.db", rows)
    assert [chunk.position for chunk in reader.chunks(0, {})] == [10, 20, 25]
    assert reader.total == 25
    (rest,) = reader.chunks(20, {})
    assert rest.parts[0].values[:, 0].tolist() == [20.0, 21.0, 22.0, 23.0, 24.0]


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("CREATE TABLE other (x)", "no table meter_readings; there are other"),
        ("CREATE TABLE meter_readings (voltage)", "no column power"),
        ("CREATE VIEW meter_readings AS SELECT 1", "no table meter_readings"),
    ],
)
def test_another_database_is_refused(tmp_path: Path, statement: str, complaint: str) -> None:
    path = tmp_path / "m.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    with pytest.raises(UnusableFile, match=complaint):
        MeterSqlite(path)


def test_a_damaged_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(b"no database at all")
    with pytest.raises(UnusableFile, match="no SQLite"):
        MeterSqlite(path)
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    with pytest.raises(UnusableFile, match="cannot be read"):
        MeterSqlite(path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"SQLite format 3\0....", "meter-sqlite"),
        (HEADING + b"\r\n", "imtp"),
        (b"14:03:27.048,152.489883\r\n", "current-logger"),
        (b"timestamp,current\r\n14:03:27.048,-0.5\r\n", "current-logger"),
        (b"2025-01-01T14:03:27Z,1\r\n", "csv"),
        (b"", "csv"),
    ],
)
def test_files_are_told_apart(head: bytes, kind: str) -> None:
    assert recognise(head) == kind
