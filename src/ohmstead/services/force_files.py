"""The files of system 002, made of recordings when they are asked for: exactly as its server wrote them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.analysis import Trace
from ohmstead.domain.device_time import device_ms
from ohmstead.domain.telemetry import SECOND

HEADING: Final = b"timestamp,left_sensor,right_sensor,esp32_time_ms\r\n"
_FIXED: Final = 27 + 3 + 2  # time with its Z, commas, end of line
_PIECE: Final = 100_000  # rows made at once


def name_of(t0: int, zone: str) -> str:
    """`imtp_test_YYYYMMDD_HHMMSS.csv`, local time."""
    return f"imtp_test_{datetime.fromtimestamp(t0 // SECOND, ZoneInfo(zone)):%Y%m%d_%H%M%S}.csv"


def render(left: Trace, right: Trace, clock: Sequence[Sequence[int]], zone: str) -> bytes:
    """Rows of instants that both channels have. Local time with a `Z` that is not true, as it always was."""
    t, at_left, at_right = np.intersect1d(left.t_us, right.t_us, assume_unique=True, return_indices=True)
    columns = left.values[at_left], right.values[at_right]
    ms = device_ms(t, clock)
    pieces = [HEADING]
    for start in range(0, len(t), _PIECE):
        part = slice(start, start + _PIECE)
        stamps = np.datetime_as_string(_local(t[part], zone).astype("datetime64[us]"))
        rows = zip(stamps, _texts(columns[0][part]), _texts(columns[1][part]), ms[part].tolist(), strict=True)
        pieces.append("".join(f"{at}Z,{one},{other},{own}\r\n" for at, one, other, own in rows).encode())
    return b"".join(pieces)


def size_of(left: Trace, right: Trace, clock: Sequence[Sequence[int]]) -> int | None:
    """How long the file is, in bytes, without making it; None where values are not whole."""
    t, at_left, at_right = np.intersect1d(left.t_us, right.t_us, assume_unique=True, return_indices=True)
    size = len(HEADING) + len(t) * _FIXED
    for column in (left.values[at_left], right.values[at_right], device_ms(t, clock).astype(np.float64)):
        if (column != np.trunc(column)).any():
            return None
        size += int((_digits(np.abs(column)) + (column < 0)).sum())
    return size


def _digits(whole: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.floor(np.log10(np.maximum(whole, 1.0) + 0.25)), np.int64) + 1


def _texts(values: NDArray[np.float64]) -> list[str]:
    """Counts are whole; what is not is written as it is."""
    return [str(int(v)) if v.is_integer() else repr(v) for v in values.tolist()]


def _local(t: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """UTC to wall-clock microseconds; the offset is asked where it could have changed, at each hour."""
    hours = t // (3600 * SECOND)
    offsets = np.empty(len(t), np.int64)
    for hour in np.unique(hours).tolist():
        offset = datetime.fromtimestamp(hour * 3600, UTC).astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None
        offsets[hours == hour] = round(offset.total_seconds()) * SECOND
    return np.asarray(t + offsets, np.int64)
