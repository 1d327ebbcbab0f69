"""The bytes of one journal record: every row a group of commits brought, in order of arrival.

A record is a codec byte and a body. The body: counts, the layouts it uses, its runs (layout, rows) in order of arrival,
its marks, then the rows layout by layout. In a packed body the rows of all layouts of one width are one table. Of
instants and decimal columns it holds the differences in units of the column's own step (10 for a value with two
decimals, 1000 for instants in whole ms), small ones first whatever their sign, split into byte planes; other columns
as they are; then zstd. A page of the database holds three records of a thousand samples so, not one.
"""

import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import zstandard
from numpy.typing import NDArray

from ohmstead.series.layout import Item, Layout, Mark, decode_header

PLAIN: Final = 0
PACKED_BEFORE: Final = 1  # differences as they are, without steps and order of signs: read, written no more
PACKED: Final = 2

# Values of this many bytes: a smaller record fits in one page either way, and is read and written faster plain.
PACK_AT_BYTES: Final = 512
# Most meters send at most three decimals; a column that is whole after this scaling travels as small integers.
DECIMALS: Final = 1000.0

_NOTHING: Final = (np.empty(0, np.int64), np.empty(0))
_HEAD: Final = struct.Struct("<qIIII")  # commit time, layouts, runs, marks, bytes of marks

Ints = TypeVar("Ints", np.int64, np.int32)

# (device, series, instants, values row by row)
DecodedRun = tuple[int, tuple[int, ...], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Record:
    """A decoded record: when it was committed, its runs in order of arrival, its marks."""

    committed_us: int
    runs: list[DecodedRun]
    marks: list[Mark]


class UnknownCodec(Exception):
    """The record or block was written by a newer program."""


class JournalCodec:
    """Not for two threads at once: the compressor keeps its work space."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._decompressor = zstandard.ZstdDecompressor()

    def encode(self, items: Sequence[Item], committed_us: int) -> bytes:
        number: dict[Layout, int] = {}
        times: list[array[int]] = []
        values: list[array[float]] = []
        runs = array("I")
        marks: list[bytes] = []
        for item_runs, mark in items:
            for layout, t, v in item_runs:
                at = number.get(layout)
                if at is None:
                    at = number[layout] = len(times)
                    times.append(array("q"))
                    values.append(array("d"))
                runs.extend((at, len(t)))
                if isinstance(t, np.ndarray):
                    times[at].frombytes(np.ascontiguousarray(t, np.int64).data.cast("B"))
                else:
                    times[at].extend(t)
                if isinstance(v, np.ndarray):
                    values[at].frombytes(np.ascontiguousarray(v, np.float64).data.cast("B"))
                else:
                    values[at].extend(v)
            if mark is not None:
                device, boot, seq = mark
                name = boot.encode()
                marks.append(struct.pack("<qqB", device, seq, len(name)) + name)
        mark_bytes = b"".join(marks)
        parts = [_HEAD.pack(committed_us, len(times), len(runs) // 2, len(marks), len(mark_bytes))]
        parts += [layout.header for layout in number]
        parts += [runs.tobytes(), mark_bytes]
        if 8 * sum(map(len, values)) < PACK_AT_BYTES:
            for stamps, cells in zip(times, values, strict=True):
                parts += [stamps.tobytes(), cells.tobytes()]
            return bytes((PLAIN,)) + b"".join(parts)
        widths = [layout.width for layout in number]
        for members in _by_width(widths):
            t = np.concatenate([np.frombuffer(times[i], np.int64) for i in members])
            v = np.concatenate([np.frombuffer(values[i]) for i in members])
            parts += _packed(t, v.reshape(len(t), widths[members[0]]))
        return bytes((PACKED,)) + self._compressor.compress(b"".join(parts))

    def decode(self, record: bytes) -> Record:
        """Raises UnknownCodec."""
        if record[0] not in (PLAIN, PACKED_BEFORE, PACKED):
            raise UnknownCodec(f"journal record with codec {record[0]}")
        body = record[1:] if record[0] == PLAIN else self._decompressor.decompress(record[1:])
        committed_us, n_layouts, n_runs, n_marks, mark_bytes = _HEAD.unpack_from(body)
        at = _HEAD.size
        layouts: list[tuple[int, tuple[int, ...]]] = []
        for _ in range(n_layouts):
            layout, at = decode_header(body, at)
            layouts.append(layout)
        runs = np.frombuffer(body, np.uint32, 2 * n_runs, at).reshape(-1, 2)
        at += 8 * n_runs
        marks = _decode_marks(body[at : at + mark_bytes], n_marks)
        at += mark_bytes
        rows = np.bincount(runs[:, 0], weights=runs[:, 1], minlength=n_layouts).astype(int).tolist()
        widths = [len(series) for _, series in layouts]
        columns: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = [_NOTHING] * n_layouts
        if record[0] == PLAIN:
            for i, (n, width) in enumerate(zip(rows, widths, strict=True)):
                v_at = at + 8 * n
                columns[i] = (np.frombuffer(body, np.int64, n, at), np.frombuffer(body, np.float64, n * width, v_at))
                at = v_at + 8 * n * width
        else:
            for members in _by_width(widths):
                n, width = sum(rows[i] for i in members), widths[members[0]]
                t, v, at = _unpacked(body, at, n, width, stepped=record[0] == PACKED)
                taken = 0
                for i in members:
                    columns[i] = (t[taken : taken + rows[i]], v[taken : taken + rows[i]].reshape(-1))
                    taken += rows[i]
        decoded: list[DecodedRun] = []
        used = [0] * n_layouts
        for number, n in runs.tolist():
            device, series = layouts[number]
            t, flat = columns[number]
            start = used[number]
            used[number] = start + n
            width = len(series)
            decoded.append((device, series, t[start : start + n], flat[start * width : (start + n) * width]))
        return Record(committed_us, decoded, marks)


def _decode_marks(body: bytes, count: int) -> list[Mark]:
    marks: list[Mark] = []
    at = 0
    for _ in range(count):
        device, seq, length = struct.unpack_from("<qqB", body, at)
        at += 17
        marks.append((device, body[at : at + length].decode(), seq))
        at += length
    return marks


def _by_width(widths: Iterable[int]) -> list[list[int]]:
    """Return the positions of equal widths, grouped, in order of first appearance."""
    groups: dict[int, list[int]] = {}
    for position, width in enumerate(widths):
        groups.setdefault(width, []).append(position)
    return list(groups.values())


def _packed(t: NDArray[np.int64], v: NDArray[np.float64]) -> list[bytes]:
    with np.errstate(over="ignore"):  # what becomes infinite is not whole
        scaled = np.rint(v * DECIMALS)
    whole = ((scaled / DECIMALS == v) & (np.abs(scaled) < 1 << 30)).all(axis=0)
    instants, t_step = _stepped(t)
    small, steps = _stepped(scaled[:, whole].astype(np.int32))
    return [
        whole.astype(np.uint8).tobytes(),
        t_step.tobytes(),
        steps.tobytes(),
        _planes(instants),
        _planes(np.ascontiguousarray(small.T)),
        np.ascontiguousarray(v[:, ~whole].T).tobytes(),
    ]


def _unpacked(
    body: bytes, at: int, n: int, width: int, *, stepped: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
    whole = np.frombuffer(body, np.uint8, width, at).astype(bool)
    few = int(whole.sum())
    units_at = at + width
    at = units_at + (8 + 4 * few if stepped else 0)
    instants = _from_planes(body, at, n, 8).view(np.int64)
    at += 8 * n
    small = _from_planes(body, at, n * few, 4).view(np.int32).reshape(few, n)
    if stepped:
        instants = _signed(instants) * np.frombuffer(body, np.int64, 1, units_at)
        small = _signed(small) * np.frombuffer(body, np.int32, few, units_at + 8)[:, None]
    t = np.cumsum(instants)
    v = np.empty((n, width))
    v[:, whole] = np.cumsum(small, axis=1, dtype=np.int64).T / DECIMALS
    at += 4 * n * few
    v[:, ~whole] = np.frombuffer(body, np.float64, n * (width - few), at).reshape(width - few, n).T
    return t, v, at + 8 * n * (width - few)


def _stepped(column: NDArray[Ints]) -> tuple[NDArray[Ints], NDArray[Ints]]:
    """Return the differences down the columns in units of their greatest common divisor, 0 -1 1 -2 2 … as 0 1 2 3 4 …,
    and that divisor."""
    steps = np.diff(column, axis=0, prepend=column.dtype.type(0))
    unit = np.maximum(np.gcd.reduce(steps, axis=0), 1)
    steps //= unit
    return (steps << 1) ^ (steps >> (8 * steps.itemsize - 1)), unit


def _signed(folded: NDArray[Ints]) -> NDArray[Ints]:
    """Undo the order of signs that `_stepped` makes."""
    return (folded >> 1 & np.iinfo(folded.dtype).max) ^ -(folded & 1)


def _planes(column: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(column.view(np.uint8).reshape(-1, column.itemsize).T).tobytes()


def _from_planes(body: bytes, at: int, n: int, size: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.frombuffer(body, np.uint8, n * size, at).reshape(size, n).T).reshape(-1)
