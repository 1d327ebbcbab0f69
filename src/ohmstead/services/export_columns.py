"""Columns of samples as rows of text or as Arrow; whole columns at a time."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.device import Channel
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, MS, SECOND
from ohmstead.importing.wall_clock import local_times

_MILLI: Final = 1000.0
_TWO: Final = np.array([[48 + n // 10, 48 + n % 10] for n in range(100)], dtype=np.uint8)
_THREE: Final = np.array([[48 + n // 100, 48 + n // 10 % 10, 48 + n % 10] for n in range(1000)], dtype=np.uint8)


class Columns(NamedTuple):
    """Ascending instants, and per channel its values with the rows they belong to (None: to all of them)."""

    t: NDArray[np.int64]
    values: list[tuple[NDArray[np.float64], NDArray[np.int64] | None]]


def joined(read: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> Columns:
    """Merge series by instant."""
    first = read[0][0]
    if all(len(t) == len(first) and np.array_equal(t, first) for t, _ in read[1:]):
        return Columns(first, [(v, None) for _, v in read])
    every = np.unique(np.concatenate([t for t, _ in read]))
    return Columns(every, [(v, np.searchsorted(every, t)) for t, v in read])


def column_names(channels: Sequence[Channel], serials: Mapping[int, str]) -> list[str]:
    """`power [W]`; with the serial before it where several devices are exported."""
    several = len(serials) > 1
    names = []
    for channel in channels:
        name = f"{serials[channel.device]} {channel.key}" if several else channel.key
        names.append(f"{name} [{channel.unit}]" if channel.unit not in ("", "1") else name)
    return names


def written_times(t: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """RFC 3339 in UTC with milliseconds, or with microseconds if any instant of the piece needs them."""
    fine = bool(np.any(t % MS))
    width = 27 if fine else 24
    days, days_of = np.unique(t // DAY, return_inverse=True)
    dates = np.datetime_as_string(days.astype("M8[D]")).astype("S10").view(np.uint8).reshape(-1, 10)
    out = np.empty((len(t), width), dtype=np.uint8)
    out[:, :10] = dates[days_of]
    out[:, 10] = ord("T")
    _write_time_of_day(out, 11, t % DAY)
    if fine:
        out[:, 23:26] = _THREE[t % MS]
    out[:, width - 1] = ord("Z")
    return out.view(f"S{width}").ravel()


def _write_time_of_day(out: NDArray[np.uint8], at: int, us: NDArray[np.int64]) -> None:
    """HH:MM:SS.mmm into columns at … at + 11."""
    out[:, at : at + 2] = _TWO[us // HOUR]
    out[:, at + 3 : at + 5] = _TWO[us // MINUTE % 60]
    out[:, at + 6 : at + 8] = _TWO[us // SECOND % 60]
    out[:, at + 9 : at + 12] = _THREE[us // MS % 1000]
    out[:, at + 2] = out[:, at + 5] = ord(":")
    out[:, at + 8] = ord(".")


def csv_piece(columns: Columns) -> bytes:
    """Rows with CRLF, numbers as the shortest decimals that are the same float."""
    from arro3.core import DataType

    t = _text(written_times(columns.t))
    cells = [t]
    for values, rows in columns.values:
        array = _array(values)
        if rows is not None:
            array = _spread(array.cast(DataType.utf8()), rows, len(columns.t), "")
        cells.append(array)
    return _csv(cells)


def logger_rows(columns: Columns, zone: ZoneInfo) -> bytes:
    """`HH:MM:SS.mmm,<mA>` as the older server wrote it: the wall clock of `zone`, at most six decimals."""
    us = local_times(zone, columns.t) % DAY
    out = np.empty((len(us), 12), dtype=np.uint8)
    _write_time_of_day(out, 0, us)
    amperes, _ = columns.values[0]
    return _csv([_text(out.view("S12").ravel()), _array(np.round(amperes * _MILLI, 6))])


def _csv(cells: Sequence[Any]) -> bytes:
    from arro3.core import RecordBatch
    from arro3.io import write_csv

    out = io.BytesIO()
    write_csv(RecordBatch.from_arrays(cells, names=[str(n) for n in range(len(cells))]), out, header=False)
    # No cell holds a line end: times and numbers only.
    return out.getvalue().replace(b"\n", b"\r\n")


def schema(names: Sequence[str]) -> Any:
    """The Arrow schema of an export."""
    from arro3.core import DataType, Field, Schema

    values = [Field(name, DataType.float64(), nullable=True) for name in names]
    return Schema([Field("t", DataType.timestamp("us", tz="UTC"), nullable=False), *values])


def record_batch(columns: Columns, shape: Any) -> Any:
    from arro3.core import RecordBatch

    cells = [_array(columns.t).cast(shape.field(0).type)]
    for values, rows in columns.values:
        array = _array(values)
        cells.append(array if rows is None else _spread(array, rows, len(columns.t), None))
    return RecordBatch.from_arrays(cells, schema=shape)


def _array(values: NDArray[Any]) -> Any:
    from arro3.core import Array

    return Array.from_numpy(np.ascontiguousarray(values))


def _text(written: NDArray[np.bytes_]) -> Any:
    from arro3.core import DataType

    return _array(written).cast(DataType.utf8())


def _spread(array: Any, rows: NDArray[np.int64], count: int, nothing: str | None) -> Any:
    """Put the values of `array` on their rows; `nothing` is on all others."""
    from arro3.core import Array, ChunkedArray

    source = ChunkedArray([array, Array([nothing], type=array.type)]).combine_chunks()
    places = np.full(count, len(array), dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return source.take(_array(places))
