"""System 002: `imtp_test_*.csv`, raw counts of two load cells with the milliseconds of the device's own clock."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import MS, Announcement
from ohmstead.importing.cells import numbers, split
from ohmstead.importing.chunks import Chunk, Faults, Rows, UnusableFile
from ohmstead.importing.pieces import pieces
from ohmstead.importing.times import TimeFormat, instants
from ohmstead.importing.wall_clock import WallClock

HEADING: Final = b"timestamp,left_sensor,right_sensor,esp32_time_ms"
KEYS: Final = ("left", "right")
_WRAP_MS: Final = 1 << 32  # the device counts in 32 bits


class ForceTestFile:
    """Instants keep the distances of the device's clock, counted from the first row's time.

    Rows arrive in bursts, so the time the old server wrote is only good for the first of them. It is local time in
    `zone` although it ends in Z. When the device's clock starts again, the row's own time becomes the new origin.
    """

    announced: Final = (Announcement("left", "raw", "counts"), Announcement("right", "raw", "counts"))

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        self._path = path
        self._zone = zone
        self.total = path.stat().st_size
        with path.open("rb") as file:
            heading = file.readline(200)
        if heading.removeprefix(b"\xef\xbb\xbf").strip().lower() != HEADING:
            raise UnusableFile(f"the first line should be {HEADING.decode()}, it is {heading[:80]!r}")
        self._start = len(heading)

    def chunks(self, position: int, state: dict[str, Any]) -> Iterator[Chunk]:
        line = int(state.get("line", 2))
        origin: tuple[int, int] | None = tuple(state["origin"]) if state.get("origin") else None  # (µs, device ms)
        last_ms: int | None = state.get("last_ms")
        clock = WallClock(self._zone, state.get("clock"))
        for piece in pieces(self._path, max(position, self._start)):
            table = split(piece.data, ",", 4)
            lines = table.lines + line
            faults = Faults()
            faults.add("columns", (table.broken + line).tolist())
            told = instants(table.columns[0], TimeFormat.YMD)
            left, no_left = numbers(table.columns[1], ".")
            right, no_right = numbers(table.columns[2], ".")
            ms, no_ms = numbers(table.columns[3], ".")
            no_time = no_ms | np.isnan(ms)
            faults.add("time", lines[no_time].tolist())
            faults.add("value", lines[(no_left | no_right) & ~no_time].tolist())
            kept = np.flatnonzero(~no_time)
            times, origin, last_ms = _dated(
                ms[kept].astype(np.int64), told.us[kept], told.bad[kept], clock, origin, last_ms
            )
            line += table.line_count
            rows = Rows(KEYS, times, np.column_stack((left[kept], right[kept])), lines[kept])
            after = {"line": line, "origin": origin, "last_ms": last_ms, "clock": clock.state()}
            yield Chunk(min(piece.end, self.total), after, [rows], len(table.lines) + len(table.broken), faults)


def _dated(
    ms: NDArray[np.int64],
    local_us: NDArray[np.int64],
    unread: NDArray[np.bool_],
    clock: WallClock,
    origin: tuple[int, int] | None,
    last_ms: int | None,
) -> tuple[NDArray[np.int64], tuple[int, int] | None, int | None]:
    """(instants, origin, last device ms) of rows that follow one with `last_ms`."""
    times = np.zeros(len(ms), dtype=np.int64)
    if not len(ms):
        return times, origin, last_ms
    steps = np.diff(ms, prepend=ms[0] if last_ms is None else last_ms)
    breaks = [0, *np.flatnonzero(steps < 0).tolist()]
    for row, end in zip(breaks, [*breaks[1:], len(ms)], strict=True):
        if steps[row] < -(_WRAP_MS // 2) and origin is not None:
            origin = (origin[0], origin[1] - _WRAP_MS)
        elif origin is None or steps[row] < 0:
            if unread[row]:
                raise UnusableFile(f"the time in the first row of a test cannot be read (device ms {ms[row]})")
            origin = (int(clock.to_utc(local_us[row : row + 1])[0]), int(ms[row]))
        times[row:end] = origin[0] + (ms[row:end] - origin[1]) * MS
    return times, origin, int(ms[-1])
