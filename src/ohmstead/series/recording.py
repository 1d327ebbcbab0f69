"""What the writer's thread puts into the journal, and what the event loop hears of it after the commit."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from ohmstead.domain.telemetry import Times, Values
from ohmstead.runtime.clock import Clock
from ohmstead.series.hot import Hot
from ohmstead.series.journal import JournalCodec
from ohmstead.series.layout import Item, Layout, Run
from ohmstead.series.loading import Loaded
from ohmstead.series.marks import Marks
from ohmstead.series.sealer import Sealer

_INSERT_SQLITE: Final = "INSERT INTO journal (id, payload) VALUES (?, ?)"
_INSERT_POSTGRESQL: Final = "INSERT INTO journal (id, payload) VALUES (%s, %s)"


class Recording:
    """The writer's Recorder: one journal record per group. Brings marks, versions and last values up to date."""

    def __init__(
        self,
        clock: Clock,
        hot: Hot,
        sealer: Sealer,
        marks: dict[int, Marks],
        versions: dict[int, int],
        last: dict[int, tuple[int, float]],
        *,
        is_postgresql: bool,
    ) -> None:
        self._clock = clock
        self._hot = hot
        self._sealer = sealer
        self._marks = marks
        self._versions = versions
        self._last = last
        self._insert = _INSERT_POSTGRESQL if is_postgresql else _INSERT_SQLITE
        self._codec = JournalCodec()
        self._next_record = 1
        self._record_bytes = 0
        self._announced: deque[tuple[int, list[int]]] = deque()
        self._doubtful: list[tuple[int, list[Item]]] = []
        self.on_stored: list[Callable[[Sequence[Run]], None]] = []
        self.on_record: list[Callable[[int, Sequence[Item]], None]] = []
        self.clock_floor = 0

    def loaded(self, loaded: Loaded) -> None:
        self._next_record = loaded.last_record + 1
        self.clock_floor = loaded.clock_floor

    def record(self, connection: sa.Connection, cursor: Any, items: Sequence[Item]) -> None:
        data = self._codec.encode(items, self._clock.now())
        cursor.execute(self._insert, (self._next_record, data))
        self._record_bytes = len(data)

    def committed(self, items: Sequence[Item]) -> None:
        record = self._next_record
        self._next_record += 1
        self._sealer.journal.add(record, self._record_bytes)
        runs = [run for item, _ in items for run in item]
        self._announced.append((record, self._hot.append(record, runs, self._clock.monotonic())))

    def announce(self, items: Sequence[Item]) -> None:
        record, devices = self._announced.popleft()
        self.clock_floor = max(self.clock_floor, self._clock.now())
        for device in devices:
            self._versions[device] = record
        self._sealer.announced(record, devices)
        # A busy group has many rows of each layout, of which only the newest can be anyone's last value.
        newest: dict[Layout, tuple[int, Values, int]] = {}
        for runs, mark in items:
            for layout, times, values in runs:
                n = len(times)
                if not n:
                    continue
                row = 0 if n == 1 else _newest(times)
                t = times[row]
                held = newest.get(layout)
                if held is None or held[0] <= t:
                    newest[layout] = (int(t), values, row * layout.width)
            if mark is not None:
                device, boot, seq = mark
                self._marks.setdefault(device, Marks()).add(boot, seq)
                self._sealer.marked(device)
        last = self._last
        for layout, (t, values, at) in newest.items():
            for n, series in enumerate(layout.series, at):
                before = last.get(series)
                if before is None or before[0] <= t:
                    last[series] = (t, float(values[n]))
        for callback in self.on_stored:
            for runs, _ in items:
                callback(runs)
        for tell in self.on_record:
            tell(record, items)

    def doubtful(self, items: Sequence[Item]) -> None:
        self._doubtful.append((self._next_record, list(items)))
        self._next_record += 1

    def reconnected(self, connection: sa.Connection) -> None:
        for record, items in self._doubtful:
            stored = connection.execute(
                sa.text("SELECT count(*) FROM journal WHERE id = :id"), {"id": record}
            ).scalar_one()
            if stored:
                self._hot.append(record, [run for runs, _ in items for run in runs], self._clock.monotonic())
        self._doubtful.clear()


def _newest(times: Times) -> int:
    """Return the row with the highest instant; of equal ones the last to arrive."""
    if isinstance(times, np.ndarray):
        return len(times) - 1 - int(np.argmax(times[::-1]))
    highest = max(times)
    row = len(times) - 1
    while times[row] != highest:
        row -= 1
    return row
