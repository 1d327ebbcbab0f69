"""Samples that are committed but not in blocks yet, by device, as growing columns.

Rows keep their order of arrival, so that of two values for one instant the later one wins. The writer's thread appends
after its COMMIT; readers copy under the same lock and do everything else outside it.
"""

import threading
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import Times, Values
from ohmstead.series.layout import Layout

Columns = tuple[NDArray[np.int64], NDArray[np.float64]]

EMPTY: Columns = (np.empty(0, np.int64), np.empty(0))


class _Device:
    __slots__ = ("first_id", "last_id", "layouts", "oldest", "per_layout", "sealed", "start", "times", "values")

    def __init__(self) -> None:
        self.times = array("q")
        self.values = array("d")
        self.layouts = array("I")  # the layout's index, per row
        self.start = 0  # number of the first row kept, counted since the process began
        self.sealed: dict[int, int] = {}  # series → rows below this number are in its blocks
        self.per_layout: dict[int, int] = {}  # rows kept
        self.first_id: int | None = None  # journal record of the first row kept, or an earlier one
        self.last_id = 0
        self.oldest = 0.0  # when the first row kept came (monotonic)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of one device's rows: `end` numbers the row after the last, `upto` is the last journal record in it."""

    device: int
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    layouts: NDArray[np.uint32]
    start: int
    end: int
    upto: int
    sealed: dict[int, int]
    known: dict[int, Layout]

    def columns(self, series: int) -> Columns:
        """Return instants and values of one series in order of arrival (instants may repeat or fall)."""
        holders = [(layout, layout.series.index(series)) for layout in self.known.values() if series in layout.series]
        if not holders or not len(self.times):
            return EMPTY
        skip = max(0, self.sealed.get(series, 0) - self.start)
        if len(self.known) == 1:
            layout, position = holders[0]
            return self.times[skip:], self.values[position :: layout.width][skip:]
        widths = np.zeros(max(self.known) + 1, np.int64)
        place = np.full(max(self.known) + 1, -1, np.int64)
        for layout in self.known.values():
            widths[layout.index] = layout.width
        for layout, position in holders:
            place[layout.index] = position
        width = widths[self.layouts]
        offset = np.cumsum(width) - width
        where = place[self.layouts]
        rows = np.flatnonzero(where >= 0)
        rows = rows[np.searchsorted(rows, skip) :]
        return self.times[rows], self.values[offset[rows] + where[rows]]


class Hot:
    """All devices' unsealed rows."""

    def __init__(self) -> None:
        self._devices: dict[int, _Device] = {}
        self._layouts: dict[int, Layout] = {}
        self.lock = threading.Lock()
        self.samples = 0
        self.last_id = 0  # last journal record whose rows are here (or were)

    def append(self, record: int, runs: Iterable[tuple[Layout, Times, Values]], now: float) -> list[int]:
        """Add the rows of journal record `record`; return the devices it touched."""
        touched: dict[int, None] = {}
        with self.lock:
            for layout, t, v in runs:
                device = self._devices.get(layout.device)
                if device is None:
                    device = self._devices[layout.device] = _Device()
                if device.first_id is None:
                    device.first_id, device.oldest = record, now
                device.last_id = record
                n = len(t)
                if isinstance(t, np.ndarray):
                    device.times.frombytes(np.ascontiguousarray(t, np.int64).data.cast("B"))
                else:
                    device.times.extend(t)
                if isinstance(v, np.ndarray):
                    device.values.frombytes(np.ascontiguousarray(v, np.float64).data.cast("B"))
                else:
                    device.values.extend(v)
                if n == 1:
                    device.layouts.append(layout.index)
                else:
                    device.layouts.extend(array("I", (layout.index,)) * n)
                if layout.index not in device.per_layout:
                    self._layouts[layout.index] = layout
                device.per_layout[layout.index] = device.per_layout.get(layout.index, 0) + n
                self.samples += n * layout.width
                touched[layout.device] = None
            self.last_id = record
        return list(touched)

    def snapshot(self, device: int) -> Snapshot | None:
        """Copy the rows of a device; None when there are none."""
        with self.lock:
            hot = self._devices.get(device)
            if hot is None or not hot.times:
                return None
            times, values, layouts = hot.times[:], hot.values[:], hot.layouts[:]
            start, upto = hot.start, self.last_id
            sealed = dict(hot.sealed)
            known = {index: self._layouts[index] for index in hot.per_layout}
        return Snapshot(
            device,
            np.frombuffer(times, np.int64),
            np.frombuffer(values, np.float64),
            np.frombuffer(layouts, np.uint32),
            start,
            start + len(times),
            upto,
            sealed,
            known,
        )

    def sealed(self, device: int, series: Iterable[int], end: int) -> None:
        """Rows of `series` below row number `end` are in blocks: hide them."""
        with self.lock:
            hot = self._devices[device]
            for one in series:
                hot.sealed[one] = end

    def hide(self, device: int, series: int) -> int:
        """Hide all rows of one series; return the last journal record they can have come with."""
        with self.lock:
            hot = self._devices.get(device)
            if hot is not None:
                hot.sealed[series] = hot.start + len(hot.times)
            return self.last_id

    def drop(self, device: int, end: int, upto: int) -> None:
        """Forget the rows below number `end`, which came with journal records up to `upto`."""
        with self.lock:
            hot = self._devices[device]
            n = end - hot.start
            gone = np.bincount(np.frombuffer(hot.layouts, np.uint32, n))
            cells = 0
            for index in np.flatnonzero(gone).tolist():
                rows = int(gone[index])
                cells += rows * self._layouts[index].width
                hot.per_layout[index] -= rows
                if not hot.per_layout[index]:
                    del hot.per_layout[index]
            del hot.times[:n], hot.values[:cells], hot.layouts[:n]
            hot.start = end
            hot.sealed = {}
            hot.first_id = upto + 1 if hot.times else None
            self.samples -= cells

    def rows(self, device: int) -> int:
        """The most rows of any one layout: what a block of this device would hold, roughly."""
        hot = self._devices.get(device)
        return max(hot.per_layout.values(), default=0) if hot is not None else 0

    def span_us(self, device: int) -> int:
        """The time between the instants of the oldest and the newest row, by arrival."""
        hot = self._devices.get(device)
        return abs(hot.times[-1] - hot.times[0]) if hot is not None and hot.times else 0

    def devices(self) -> list[int]:
        """Devices with rows."""
        with self.lock:
            return [number for number, hot in self._devices.items() if hot.times]

    def older_than(self, moment: float) -> list[int]:
        with self.lock:
            return [number for number, hot in self._devices.items() if hot.times and hot.oldest <= moment]

    def first_needed(self) -> int:
        """Journal records below this one are needed by nobody."""
        with self.lock:
            first = (hot.first_id for hot in self._devices.values() if hot.first_id is not None)
            return min(first, default=self.last_id + 1)
