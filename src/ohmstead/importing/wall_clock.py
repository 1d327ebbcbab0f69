"""Local times in the order of a file, brought to UTC; the order tells the two passes of autumn's hour apart."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import MINUTE

# Every offset of the tz database since 1972 changes at a multiple of this, in local time too.
STEP_US: Final = 15 * MINUTE
_EPOCH: Final = datetime(1970, 1, 1)  # a wall clock has no zone
_MICROSECOND: Final = timedelta(microseconds=1)

Instants = NDArray[np.int64]


@lru_cache(maxsize=65_536)
def _offsets(zone: ZoneInfo, step: int) -> tuple[int, int]:
    """The zone's offsets in µs for a local time, as its first and as its second pass."""
    at = (_EPOCH + timedelta(microseconds=step * STEP_US)).replace(tzinfo=zone)
    first, second = at.utcoffset(), at.replace(fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first // _MICROSECOND, second // _MICROSECOND


def offsets(zone: ZoneInfo, local_us: Instants) -> tuple[Instants, Instants]:
    """Return both passes' offsets for each local time. They differ in a repeated hour and in a skipped one."""
    steps, inverse = np.unique(local_us // STEP_US, return_inverse=True)
    known = np.array([_offsets(zone, step) for step in steps.tolist()], dtype=np.int64).reshape(-1, 2)
    return known[inverse, 0], known[inverse, 1]


def is_repeated(zone: ZoneInfo, local_us: int) -> bool:
    first, second = _offsets(zone, local_us // STEP_US)
    return first > second


def local_of(zone: ZoneInfo, instant_us: int) -> int:
    """The wall clock at an instant, as microseconds since its own 1970."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us)
    return (at.astimezone(zone).replace(tzinfo=None) - _EPOCH) // _MICROSECOND


class WallClock:
    """One per reading of a file; its state travels with the position.

    A time that spring skips is read with the offset from before. In the repeated hour a step back (a step forward in
    files that run from new to old) begins the other pass.
    """

    def __init__(self, zone: ZoneInfo, state: dict[str, Any] | None = None) -> None:
        self._zone = zone
        state = state or {}
        self._descending: bool | None = state.get("descending")
        self._last: int | None = state.get("last")  # local time of the last row inside a repeated hour
        self._second: bool = state.get("second", False)

    def state(self) -> dict[str, Any]:
        return {"descending": self._descending, "last": self._last, "second": self._second}

    def to_utc(self, local_us: Instants) -> Instants:
        if not len(local_us):
            return local_us
        if self._descending is None and len(local_us) > 1:
            self._descending = bool(np.count_nonzero(np.diff(local_us) < 0) * 2 > len(local_us))
        first, second = offsets(self._zone, local_us)
        repeated = np.flatnonzero(first > second)
        utc = local_us - first
        before = -1
        for row in repeated.tolist():
            at = int(local_us[row])
            if row != before + 1 or self._last is None:
                self._second = bool(self._descending)
            elif self._descending:
                self._second = self._second and at <= self._last
            else:
                self._second = self._second or at < self._last
            if self._second:
                utc[row] = at - int(second[row])
            self._last = at
            before = row
        if not len(repeated) or repeated[-1] != len(local_us) - 1:
            self._last = None
        return utc


def local_times(zone: ZoneInfo, instants_us: Instants) -> Instants:
    """The wall clock at many instants."""
    steps, inverse = np.unique(instants_us // STEP_US, return_inverse=True)
    shifts = np.array([local_of(zone, step * STEP_US) - step * STEP_US for step in steps.tolist()], dtype=np.int64)
    found: Instants = instants_us + shifts[inverse]
    return found
