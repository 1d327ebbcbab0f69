"""Any table of separated text with a time in one column and numbers in others."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ohmstead.domain.telemetry import Announcement
from ohmstead.importing.cells import Table, numbers, split
from ohmstead.importing.chunks import Chunk, Faults, Rows
from ohmstead.importing.pieces import pieces
from ohmstead.importing.times import TimeFormat, instants
from ohmstead.importing.wall_clock import WallClock


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of the file and the channel it becomes."""

    column: int
    channel: Announcement


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """How a file is written, and what is taken from it. Columns count from 0."""

    separator: str
    decimal: str
    columns: int
    skip: int  # lines before the first row, the header among them
    start: int  # bytes before the first row
    time_column: int
    time_format: TimeFormat
    mapped: tuple[Mapped, ...]


class GenericCsv:
    """Reads by a layout. A row with another number of cells (`columns`) or without a readable time (`time`) is left
    out; a cell that is no number (`value`) costs only itself; an empty one is simply absent."""

    def __init__(self, path: Path, layout: CsvLayout, zone: ZoneInfo) -> None:
        self._path = path
        self._layout = layout
        self._zone = zone
        self.announced = [mapped.channel for mapped in layout.mapped]
        self.total = path.stat().st_size

    def chunks(self, position: int, state: dict[str, Any]) -> Iterator[Chunk]:
        layout = self._layout
        clock = WallClock(self._zone, state.get("clock"))
        line = int(state.get("line", layout.skip + 1))
        for piece in pieces(self._path, max(position, layout.start)):
            table = split(piece.data, layout.separator, layout.columns)
            faults = Faults()
            faults.add("columns", (table.broken + line).tolist())
            rows = self._rows(table, line, clock, faults)
            line += table.line_count
            yield Chunk(
                min(piece.end, self.total),
                {"line": line, "clock": clock.state()},
                [rows],
                len(table.lines) + len(table.broken),
                faults,
            )

    def _rows(self, table: Table, line: int, clock: WallClock, faults: Faults) -> Rows:
        layout = self._layout
        written = instants(table.columns[layout.time_column], layout.time_format)
        lines = table.lines + line
        faults.add("time", lines[written.bad].tolist())
        times = written.us
        bare = ~written.zoned & ~written.bad
        if bare.any():
            times = times.copy()
            times[bare] = clock.to_utc(times[bare])
        kept = np.flatnonzero(~written.bad)
        values = np.empty((len(kept), len(layout.mapped)))
        for n, mapped in enumerate(layout.mapped):
            found, bad = numbers(table.columns[mapped.column], layout.decimal)
            if bad.any():
                faults.add("value", lines[bad & ~written.bad].tolist())
            values[:, n] = found[kept]
        keys = tuple(mapped.channel.key for mapped in layout.mapped)
        return Rows(keys, times[kept], values, lines[kept])
