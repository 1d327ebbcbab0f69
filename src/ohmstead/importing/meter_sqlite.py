"""System 003: the table `meter_readings` of the older dashboard's SQLite file."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ohmstead.domain.identity import legal_serial
from ohmstead.domain.instants import EARLIEST_US, LATEST_US, parse_rfc3339
from ohmstead.domain.telemetry import MS, SECOND, Announcement
from ohmstead.importing.chunks import Chunk, Faults, Rows, UnusableFile
from ohmstead.importing.float32 import cleaned

KEYS: Final = ("power", "voltage", "current", "energy")
ROWS_AT_ONCE: Final = 20_000
_KILO: Final = 3
_NEEDED: Final = ("power", "voltage", "current", "energy", "timestamp")
_MAGIC: Final = b"SQLite format 3\0"
_Row = tuple[int, object, object, object, object, object, object, object]


class MeterSqlite:
    """One device per serial; kWh become Wh. `position` is the rowid of the last row read.

    The file is opened for reading only, as it lies there: nothing in it is executed, and a log beside it does not
    count.
    """

    announced: Final = tuple(Announcement(key, key) for key in KEYS)

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            if file.read(16) != _MAGIC:
                raise UnusableFile("this is no SQLite database")
        with self._open() as connection:
            try:
                kind = connection.execute("SELECT type FROM sqlite_master WHERE name = 'meter_readings'").fetchone()
                if kind is None or kind[0] != "table":
                    names = [
                        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                    ]
                    raise UnusableFile(
                        f"there is no table meter_readings; there are {', '.join(names)[:200] or 'none'}"
                    )
                columns = {row[1] for row in connection.execute("PRAGMA table_info(meter_readings)")}
                if missing := [name for name in _NEEDED if name not in columns]:
                    raise UnusableFile(f"meter_readings has no column {', '.join(missing)}")
                newest = connection.execute("SELECT max(rowid) FROM meter_readings").fetchone()[0]
            except sqlite3.Error as error:
                raise UnusableFile(f"the database cannot be read: {error}") from error
        self.total = int(newest or 0)
        who = [name if name in columns else "NULL" for name in ("serial_number", "device_id")]
        self._query = (
            f"SELECT rowid, {', '.join(who)}, power, voltage, current, energy, timestamp "  # noqa: S608 - names of ours
            "FROM meter_readings WHERE rowid > ? ORDER BY rowid LIMIT ?"
        )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield connection
        finally:
            connection.close()

    def chunks(self, position: int, state: dict[str, Any]) -> Iterator[Chunk]:
        with self._open() as connection:
            while True:
                try:
                    found = connection.execute(self._query, (position, ROWS_AT_ONCE)).fetchall()
                except sqlite3.Error as error:
                    raise UnusableFile(f"the database cannot be read after row {position}: {error}") from error
                if not found:
                    return
                position = found[-1][0]
                faults = Faults()
                yield Chunk(position, {}, _by_serial(found, faults), len(found), faults)


def _by_serial(found: list[_Row], faults: Faults) -> list[Rows]:
    gathered: dict[str, tuple[list[int], list[list[float]], list[int]]] = {}
    no_time: list[int] = []
    no_value: list[int] = []
    no_device: list[int] = []
    for rowid, told_serial, device_id, *told_values, told_time in found:
        instant = _instant(told_time)
        serial = _serial(told_serial, device_id)
        if instant is None:
            no_time.append(rowid)
        elif serial is None:
            no_device.append(rowid)
        else:
            values = [_number(value) for value in told_values]
            if any(value is None for value in values):
                no_value.append(rowid)
            times, rows, lines = gathered.setdefault(serial, ([], [], []))
            times.append(instant)
            rows.append([float("nan") if value is None else value for value in values])
            lines.append(rowid)
    faults.add("time", no_time)
    faults.add("value", no_value)
    faults.add("device", no_device)
    parts = []
    for serial, (times, rows, lines) in gathered.items():
        values_ = np.array(rows)
        for column, key in enumerate(KEYS):
            values_[:, column] = cleaned(values_[:, column], _KILO if key == "energy" else 0)
        parts.append(Rows(KEYS, np.array(times, dtype=np.int64), values_, np.array(lines, dtype=np.int64), serial))
    return parts


def _serial(told: object, device_id: object) -> str | None:
    """The serial told; a unit that was never configured goes by its device id, as over MQTT."""
    if isinstance(told, str | int) and (serial := legal_serial(str(told))):
        return serial
    return legal_serial(f"meter-{device_id}") if isinstance(device_id, str | int) and device_id != "" else None


def _number(told: object) -> float | None:
    if isinstance(told, str):
        try:
            told = float(told)
        except ValueError:
            return None
    if isinstance(told, int | float) and abs(told) < float("inf"):
        return float(told)
    return None


def _instant(told: object) -> int | None:
    """ISO 8601, without an offset UTC; or an epoch in seconds or milliseconds. None before 2000."""
    instant: int | None = None
    if isinstance(told, str):
        instant = parse_rfc3339(told, bare_is_utc=True)
    elif isinstance(told, int | float) and abs(told) < 1e14:
        instant = round(told * (MS if abs(told) > 1e11 else SECOND))
    return instant if instant is not None and EARLIEST_US <= instant <= LATEST_US else None
