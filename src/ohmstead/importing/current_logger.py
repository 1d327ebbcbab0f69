"""System 000: `current_data.csv`, two columns without a heading: a local time of day, and milliamperes."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND, Announcement
from ohmstead.importing.cells import ZERO, Column, Mask, Table, numbers, split
from ohmstead.importing.chunks import Chunk, Faults, Rows, UnusableFile
from ohmstead.importing.day_plan import (
    MOST_JUMPS,
    DayPlan,
    Jump,
    Rhythm,
    Segment,
    continued,
    dated_back,
    dated_on,
    is_jump,
)
from ohmstead.importing.float32 import cleaned
from ohmstead.importing.pieces import pieces
from ohmstead.importing.wall_clock import offsets

KEYS: Final = ("current",)
_MILLI: Final = -3
_WIDTHS: Final = (8, 12)  # HH:MM:SS and HH:MM:SS.mmm


def digests(path: Path, sizes: Iterable[int]) -> dict[int, str]:
    """SHA-256 of the first bytes of a file for several numbers of them, in one pass."""
    running = hashlib.sha256()
    found: dict[int, str] = {}
    at = 0
    with path.open("rb") as file:
        for size in sorted(set(sizes)):
            while at < size and (data := file.read(min(size - at, 1 << 20))):
                running.update(data)
                at += len(data)
            found[size] = running.copy().hexdigest()
    return found


def make_plan(
    path: Path, zone: ZoneInfo, known: list[DayPlan], *, end_us: int | None = None, first_day: int | None = None
) -> DayPlan:
    """Date every row of the file. A file that begins with one of `known` keeps its dates and is dated on from there.

    `end_us` is when the last row was written (the file's own time); `first_day` the date of the first row, which
    outweighs it. Raises UnusableFile when there is no row.
    """
    size = _whole(path)
    prints = digests(path, [size, *(plan.size for plan in known if plan.size <= size)])
    older = max((p for p in known if prints.get(p.size) == p.digest), key=lambda p: p.size, default=None)
    start = older.size if older is not None else 0
    rhythm = _rhythm(path, start, size)
    if rhythm is None:
        if older is not None:
            return older
        raise UnusableFile("no row like 14:03:27.048,152.489883 was found; is this a current_data.csv?")
    if older is not None:
        segments = [*older.segments, *continued(older, rhythm, zone, end_us)]
    elif first_day is not None:
        segments = dated_on(rhythm, 0, zone, first_day)
    else:
        if end_us is None:
            raise UnusableFile("the rows have no date: name the date of the first or the last one")
        segments = dated_back(rhythm, 0, zone, end_us)
    done = older.done if older is not None else 0
    return DayPlan(size, prints[size], tuple(segments), rhythm.last_us, done)


def _whole(path: Path) -> int:
    """Bytes up to the end of the last whole line: what follows may still be growing."""
    end = path.stat().st_size
    with path.open("rb") as file:
        at = end
        while at > 0:
            low = max(0, at - 65_536)
            file.seek(low)
            cut = file.read(at - low).rfind(b"\n")
            if cut >= 0:
                return low + cut + 1
            at = low
    return end  # a single row


def _rhythm(path: Path, start: int, size: int) -> Rhythm | None:
    first: int | None = None
    last = 0
    jumps: list[Jump] = []
    for piece in pieces(path, start, size):
        table = split(piece.data, ",", 2)
        at, bad = times_of_day(table.columns[0])
        good = np.flatnonzero(~bad)
        if not len(good):
            continue
        at = at[good]
        if first is None:
            first = last = int(at[0])
        steps = np.diff(at, prepend=last)
        for row in np.flatnonzero((steps < 0) | (steps > DAY - MINUTE)).tolist():
            if is_jump(int(steps[row])):
                before = int(at[row] - steps[row])
                jumps.append(Jump(piece.start + int(table.starts[good[row]]), before, int(at[row])))
        if len(jumps) > MOST_JUMPS:
            raise UnusableFile(f"the time of day falls more than {MOST_JUMPS} times: this is no current_data.csv")
        last = int(at[-1])
    return None if first is None else Rhythm(first, last, jumps)


def times_of_day(column: Column) -> tuple[NDArray[np.int64], Mask]:
    """Microseconds since midnight, and which cells are no times of day."""
    rows = len(column.starts)
    us = np.zeros(rows, dtype=np.int64)
    bad = np.ones(rows, dtype=np.bool_)
    widths = column.ends - column.starts
    for width in _WIDTHS:
        found = np.flatnonzero(widths == width)
        if not len(found):
            continue
        chars = column.chars(found, width)
        digits = (chars - ZERO).astype(np.int64)
        hour, minute, second = (digits[p] * 10 + digits[p + 1] for p in (0, 3, 6))
        right = (chars[2] == ord(":")) & (chars[5] == ord(":")) & (digits[[0, 1, 3, 4, 6, 7]] < 10).all(axis=0)
        right &= (hour < 24) & (minute < 60) & (second < 60)
        fraction = np.zeros(len(found), dtype=np.int64)
        if width == 12:
            right &= (chars[8] == ord(".")) & (digits[9:12] < 10).all(axis=0)
            fraction = (digits[9] * 100 + digits[10] * 10 + digits[11]) * 1000
        us[found] = hour * HOUR + minute * MINUTE + second * SECOND + fraction
        bad[found] = ~right
    for row in np.flatnonzero(bad).tolist():
        text = column.text(row)
        try:
            at = time.fromisoformat(text) if text[2:3] == ":" else None
        except ValueError:
            at = None
        if at is not None and at.tzinfo is None:
            us[row] = ((at.hour * 60 + at.minute) * 60 + at.second) * SECOND + at.microsecond
            bad[row] = False
    return us, bad


class CurrentLoggerFile:
    """Reads by a plan made before; its rows are `plan.done` and later ones when a position is not given."""

    announced: Final = (Announcement("current", "current", "A"),)

    def __init__(self, path: Path, plan: DayPlan, zone: ZoneInfo) -> None:
        self._path = path
        self._plan = plan
        self._zone = zone
        self.total = plan.size

    def chunks(self, position: int, state: dict[str, Any]) -> Iterator[Chunk]:
        line = int(state.get("line", 1))
        if position == 0 and self._plan.done:
            line += _lines_in(self._path, self._plan.done)
            position = self._plan.done
        starts = np.array([s.offset for s in self._plan.segments])
        for piece in pieces(self._path, position, self._plan.size):
            table = split(piece.data, ",", 2)
            faults = Faults()
            faults.add("columns", (table.broken + line).tolist())
            rows = self._rows(table, piece.start, line, starts, faults)
            line += table.line_count
            end = min(piece.end, self.total)
            yield Chunk(end, {"line": line}, [rows], len(table.lines) + len(table.broken), faults)

    def _rows(self, table: Table, start: int, line: int, starts: NDArray[np.int64], faults: Faults) -> Rows:
        at, no_time = times_of_day(table.columns[0])
        values, no_value = numbers(table.columns[1], ".")
        lines = table.lines + line
        heading = no_time & no_value & (lines == 1)  # a person may have added one
        faults.add("time", lines[no_time & ~heading].tolist())
        faults.add("value", lines[(no_value | np.isnan(values)) & ~no_time].tolist())
        kept = np.flatnonzero(~no_time & ~no_value & ~np.isnan(values))
        segments = np.searchsorted(starts, start + table.starts[kept], side="right") - 1
        which: list[Segment] = list(self._plan.segments)
        days = np.array([s.day for s in which], dtype=np.int64)[segments]
        second = np.array([s.second for s in which], dtype=np.bool_)[segments]
        local = days * DAY + at[kept]
        first_pass, second_pass = offsets(self._zone, local)
        # In a skipped hour the two differ as well; there the offset from before holds.
        utc = local - np.where(second & (first_pass > second_pass), second_pass, first_pass)
        return Rows(KEYS, utc, cleaned(values[kept], _MILLI).reshape(-1, 1), lines[kept])


def _lines_in(path: Path, size: int) -> int:
    return sum(piece.data.count(b"\n") for piece in pieces(path, 0, size))
