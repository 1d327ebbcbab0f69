"""From a device's own milliseconds to UTC. Pure: told what the device said and when it arrived.

A device that counts milliseconds since its start says nothing about UTC, and arrival says it late: by the network, and
by as long as a batch was collected. What arrives soonest is nearest to the truth, so the distance between the two
clocks is the smallest one seen lately, followed slowly along the drift of the device's crystal. Instants never run
backwards, and the distances between samples stay those of the device's clock to within 0.05 %.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import MS, SECOND

WRAP: Final = 1 << 32  # the device counts in 32 bits: 49.7 days
WINDOW_US: Final = 10 * SECOND  # of each, the arrival with the least delay counts
WINDOWS: Final = 60
SLEW: Final = 500e-6  # the fastest correction while samples run: harmless to any rate computed from them
STEP_GAP_US: Final = SECOND  # in a pause as long as this the whole correction can be made at once
MOST_DRIFT: Final = 200e-6  # crystals are ten times better; more is a fault of the estimate
FEWEST_WINDOWS: Final = 6
STALE_US: Final = SECOND // 2  # what comes first over a new connection is no older than this
ASTRAY_US: Final = 5 * SECOND  # a difference that no network explains: one of the clocks was set
PATIENCE: Final = 50  # batches that have to agree on that
MOST_KNOTS: Final = 4096
REMEMBERED: Final = 64  # batches that can be recognised when they are sent again

Ints = NDArray[np.int64]


class DeviceTime:
    """One device's clock. Feed every batch in the order it came; a new connection is announced by `reconnected`."""

    def __init__(self) -> None:
        self.restarts = 0
        self.late = 0  # samples that were older than what had come already
        self._reset()

    def _reset(self) -> None:
        self._last_ms: int | None = None  # unwrapped
        self._same_ms = 0  # how many samples in a row had it
        self._last_us = 0
        self._offset = 0.0  # instant − device clock, µs
        self._windows: deque[tuple[float, float]] = deque(maxlen=WINDOWS)  # (device µs, least distance)
        self._window_ends = 0.0
        self._knots: deque[tuple[int, int]] = deque(maxlen=MOST_KNOTS)  # (device µs, instant)
        self._recent: deque[tuple[int, int, int, Ints]] = deque(maxlen=REMEMBERED)
        self._fresh_connection = False
        self._started_at: int | None = None
        self._soonest: float | None = None  # distance, if its first sample was taken when it was told to begin
        self._astray = 0

    def reconnected(self) -> None:
        """The next batch comes over a new connection: the device may have restarted meanwhile."""
        self._fresh_connection = True

    def started(self, at: int) -> None:
        """A device that collects before it sends was told to begin now: that is a better witness than arrivals."""
        self._started_at = at

    @property
    def drift_ppm(self) -> float | None:
        """How much slower the device's clock runs than the server's; None before there is enough to tell."""
        slope = self._slope()
        return None if slope is None else slope * 1e6

    def knots(self, start: int, end: int) -> list[tuple[int, int]]:
        """(device ms since its start, instant) pairs around [start, end), to go from one to the other."""
        held = list(self._knots)
        inside = [n for n, (_, at) in enumerate(held) if start <= at < end]
        if not inside:
            return []
        chosen = held[max(0, inside[0] - 1) : inside[-1] + 2]
        return [(device // MS, at - device % MS) for device, at in chosen]

    def place(self, told_ms: Sequence[int], arrival_us: int) -> Ints:
        """One instant per sample, in the order sent; strictly rising unless the batch was late or repeats."""
        told = np.asarray(told_ms, np.int64) % WRAP
        if not len(told):
            return np.empty(0, np.int64)
        if self._last_ms is not None and self._restarted(told, arrival_us):
            started_at = self._started_at  # it was told so after it came back
            self._reset()
            self._started_at = started_at
            self.restarts += 1
        ms = self._unwrapped(told)
        if self._last_ms is not None and int(ms[-1]) < self._last_ms:
            return self._old(ms)
        if (again := self._seen(ms)) is not None:
            return again
        self._fresh_connection = False
        device_us = self._spread(ms)
        instants = self._forward(device_us, arrival_us)
        self._same_ms = _tail(ms) + (self._same_ms if int(ms[0]) == int(ms[-1]) == self._last_ms else 0)
        self._last_ms = int(ms[-1])
        self._recent.append((int(ms[0]), int(ms[-1]), len(ms), instants))
        return instants

    # Which milliseconds

    def _unwrapped(self, told: Ints) -> Ints:
        before = int(told[0]) if self._last_ms is None else self._last_ms % WRAP
        steps = np.diff(told, prepend=before)
        signed = (steps + WRAP // 2) % WRAP - WRAP // 2
        start = int(told[0]) if self._last_ms is None else self._last_ms
        return np.asarray(start + np.cumsum(signed), np.int64)

    def _restarted(self, told: Ints, arrival_us: int) -> bool:
        """Whether the count begins anew."""
        assert self._last_ms is not None
        first, since_us = int(told[0]), arrival_us - self._last_us
        step_ms = (first - self._last_ms + WRAP // 2) % WRAP - WRAP // 2
        if self._fresh_connection:
            # Nothing old comes over a new connection: it is a restart, or another device is there now.
            if step_ms < 0:
                return True
            told_to_collect = self._started_at is not None or self._soonest is not None
            return since_us - step_ms * MS > STALE_US and not told_to_collect
        # Without connections only what is possible tells: it cannot have run for longer than it was silent.
        return step_ms < 0 and first * MS < since_us

    def _spread(self, ms: Ints) -> Ints:
        """Device µs: equal milliseconds are spread in order over their millisecond."""
        starts = np.flatnonzero(np.diff(ms, prepend=ms[0] - 1))
        counts = np.diff(starts, append=len(ms))
        place = np.arange(len(ms)) - np.repeat(starts, counts)
        device = ms * MS + place * MS // np.repeat(counts, counts)
        if int(ms[0]) == self._last_ms:  # the millisecond began in the batch before
            taken = (self._same_ms - 1) * MS // max(self._same_ms, 1)
            n = int(counts[0])
            device[:n] = ms[0] * MS + taken + (np.arange(n) + 1) * (MS - taken) // (n + 1)
        return np.asarray(device, np.int64)

    # Where they are in UTC

    def _forward(self, device: Ints, arrival_us: int) -> Ints:
        first, last = int(device[0]), int(device[-1])
        self._observe(first, last, arrival_us)
        target = self._target(last)
        if not self._knots:
            self._offset = target
            self._knots.append((first, first + round(target)))
        else:
            before_device, before_us = self._knots[-1]
            gap = first - before_device
            if gap >= STEP_GAP_US:
                self._offset = max(target, before_us + 1 - first)
                self._knots.append((first, first + round(self._offset)))
            else:
                most = SLEW * (last - before_device)
                self._offset += min(max(target - self._offset, -most), most)
        if last > self._knots[-1][0]:
            self._knots.append((last, last + round(self._offset)))
        instants = self._between(device)
        rising = np.arange(len(instants))
        instants = np.maximum.accumulate(np.maximum(instants, self._last_us + 1) - rising) + rising
        self._last_us = int(instants[-1])
        return np.asarray(instants, np.int64)

    def _observe(self, first: int, last: int, arrival_us: int) -> None:
        seen = float(arrival_us - last)
        if self._started_at is not None:
            self._soonest = float(self._started_at - first)
            self._started_at = None
        if self._soonest is not None:
            seen = self._soonest
        if self._knots:
            self._watch_for_set_clocks(seen)
        if not self._windows or last >= self._window_ends:
            self._windows.append((float(last), seen))
            self._window_ends = last + WINDOW_US
        elif seen < self._windows[-1][1]:
            self._windows[-1] = (float(last), seen)

    def _watch_for_set_clocks(self, seen: float) -> None:
        self._astray = self._astray + 1 if abs(seen - self._offset) > ASTRAY_US else 0
        if self._astray >= PATIENCE:
            self._windows.clear()
            self._knots.clear()
            self._last_us = 0
            self._astray = 0

    def _target(self, device_us: int) -> float:
        slope = self._slope() or 0.0
        return min(seen + slope * (device_us - at) for at, seen in self._windows)

    def _slope(self) -> float | None:
        if len(self._windows) < FEWEST_WINDOWS:
            return None
        at, seen = np.array(self._windows).T
        # The least delays of the first and the last third: one slow window does not tilt the line.
        third = len(at) // 3
        early, late = int(np.argmin(seen[:third])), len(at) - third + int(np.argmin(seen[-third:]))
        slope = (seen[late] - seen[early]) / (at[late] - at[early])
        return float(min(max(slope, -MOST_DRIFT), MOST_DRIFT))

    def _between(self, device: Ints) -> Ints:
        """By the knots; what lies before the first of them keeps its distance to it."""
        knots = np.array(list(self._knots)[-_KNOTS_LOOKED_AT:], np.int64)
        base_device, base_us = int(knots[0, 0]), int(knots[0, 1])
        x, y = (knots[:, 0] - base_device).astype(np.float64), (knots[:, 1] - base_us).astype(np.float64)
        asked = (device - base_device).astype(np.float64)
        placed = np.where(asked < 0, asked, np.interp(asked, x, y))
        return np.asarray(base_us + np.round(placed).astype(np.int64), np.int64)

    # What came before

    def _seen(self, ms: Ints) -> Ints | None:
        for first, last, n, instants in self._recent:
            if first == int(ms[0]) and last == int(ms[-1]) and n == len(ms):
                return instants
        return None

    def _old(self, ms: Ints) -> Ints:
        """A batch that was overtaken, or comes again: it lands where it landed or belonged."""
        if (again := self._seen(ms)) is not None:
            return again
        self.late += len(ms)
        kept = self._last_ms
        self._last_ms = None
        device = self._spread(ms)
        self._last_ms = kept
        return self._between(device)


_KNOTS_LOOKED_AT: Final = 512  # a minute at ten batches a second; older batches keep their distance to that


def _tail(ms: Ints) -> int:
    """How many samples at the end have the last millisecond."""
    different = np.flatnonzero(ms != ms[-1])
    return len(ms) - (int(different[-1]) + 1 if len(different) else 0)


def device_ms(instants: Ints, knots: Sequence[Sequence[int]]) -> Ints:
    """The device's own milliseconds (32 bits) at these instants, by pairs of (ms, instant); rising pairs."""
    table = np.array(list(knots), np.int64)
    if not len(table):
        return np.zeros(len(instants), np.int64)
    base_ms, base_us = int(table[0, 0]), int(table[0, 1])
    x, y = (table[:, 1] - base_us).astype(np.float64), ((table[:, 0] - base_ms) * MS).astype(np.float64)
    asked = (instants - base_us).astype(np.float64)
    inside = np.interp(asked, x, y)
    us = np.where(asked < 0, asked, np.where(asked > x[-1], y[-1] + asked - x[-1], inside))
    return np.asarray((base_ms + np.floor((us + 0.75) / MS).astype(np.int64)) % WRAP, np.int64)
