"""Cells of separated text as columns, without a Python step per row where the file is regular."""

import csv
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEWLINE: Final = 10
RETURN: Final = 13
SPACE: Final = 32
QUOTE: Final = 34
ZERO: Final = 48
# Words that other programs write where they have no value.
NOTHING: Final = frozenset({"", "nan", "null", "none", "na", "n/a", "-", "unavailable", "unknown", "#n/a"})

_WIDEST: Final = 18  # digits of an int64
_EXACT: Final = 1 << 53  # integers up to here are floats without rounding, so one division rounds once
_POWERS: Final = 10.0 ** np.arange(_WIDEST + 1)


@dataclass(frozen=True, slots=True)
class Column:
    """One cell per row: data[starts[i]:ends[i]], spaces and quotes around it removed."""

    data: Bytes
    starts: Places
    ends: Places

    def text(self, row: int) -> str:
        return self.data[self.starts[row] : self.ends[row]].tobytes().decode("utf-8", "replace").strip()

    def chars(self, rows: NDArray[np.int64], width: int) -> Bytes:
        """Return the last `width` characters of each of these cells, as width × rows."""
        places = np.arange(-width, 0)[:, None] + self.ends[rows][None, :]
        found: Bytes = self.data[np.maximum(places, 0)]
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a piece that have the right number of cells. Lines count within the piece, from 0."""

    columns: list[Column]
    starts: Places  # where each row starts in the piece
    lines: Places
    broken: Places  # lines with another number of cells
    line_count: int


def split(data: bytes, separator: str, columns: int) -> Table:
    """Cut whole lines into cells. Lines without any text are passed over."""
    raw = np.frombuffer(data, dtype=np.uint8)
    line_ends = np.flatnonzero(raw == NEWLINE)
    starts = np.empty_like(line_ends)
    starts[0] = 0
    starts[1:] = line_ends[:-1] + 1
    ends = line_ends - ((raw[line_ends - 1] == RETURN) & (line_ends > starts))
    places = np.flatnonzero(raw == ord(separator))
    counts = np.diff(np.searchsorted(places, np.append(starts, len(raw))))
    blank = (ends == starts) | ((counts == columns - 1) & (ends - starts == counts) & (columns > 1))
    right = (counts == columns - 1) & ~blank
    good = np.flatnonzero(right)
    inner = places[np.repeat(right, counts)].reshape(len(good), columns - 1)
    broken = np.flatnonzero(~right & ~blank)
    if len(broken) and QUOTE in data:
        return _with_quoted(data, raw, separator, columns, (starts, ends, inner, good, broken, len(starts)))
    return _table(raw, (starts[good], ends[good], inner, good, broken, len(starts)))


_Cut = tuple[Places, Places, Places, Places, Places, int]


def _table(raw: Bytes, cut: _Cut) -> Table:
    starts, ends, inner, good, broken, lines = cut
    edges_left = np.column_stack((starts, inner + 1))
    edges_right = np.column_stack((inner, ends))
    columns = [_trimmed(raw, edges_left[:, n].copy(), edges_right[:, n].copy()) for n in range(edges_left.shape[1])]
    return Table(columns, starts, good, broken, lines)


def _with_quoted(data: bytes, raw: Bytes, separator: str, columns: int, cut: _Cut) -> Table:
    """Lines whose quoted cells hold the separator are rewritten without it, behind the piece."""
    starts, ends, inner, good, broken, lines = cut
    tail = bytearray()
    kept, kept_inner, kept_starts, kept_ends = [], [], [], []
    for line in broken.tolist():
        text = data[starts[line] : ends[line]].decode("utf-8", "replace")
        cells = next(csv.reader([text], delimiter=separator), [])
        if len(cells) != columns:
            continue
        kept.append(line)
        at = len(raw) + len(tail)
        kept_starts.append(at)
        edges = []
        for cell in cells:
            written = cell.encode()
            at += len(written)
            edges.append(at)
            at += 1
            tail += written + b"\0"
        kept_inner.append(edges[:-1])
        kept_ends.append(edges[-1])
    if not kept:
        return _table(raw, (starts[good], ends[good], inner, good, broken, lines))
    found = np.array(kept, dtype=np.int64)
    raw = np.concatenate((raw, np.frombuffer(bytes(tail), dtype=np.uint8)))
    rows = np.concatenate((good, found))
    order = np.argsort(rows, kind="stable")
    table = _table(
        raw,
        (
            np.concatenate((starts[good], np.array(kept_starts, dtype=np.int64)))[order],
            np.concatenate((ends[good], np.array(kept_ends, dtype=np.int64)))[order],
            np.concatenate((inner, np.array(kept_inner, dtype=np.int64).reshape(len(kept), columns - 1)))[order],
            rows[order],
            np.setdiff1d(broken, found),
            lines,
        ),
    )
    return Table(table.columns, starts[table.lines], table.lines, table.broken, lines)


def _trimmed(raw: Bytes, starts: Places, ends: Places) -> Column:
    last = len(raw) - 1
    for edge in (SPACE, QUOTE, SPACE):
        while True:
            left = (raw[np.minimum(starts, last)] == edge) & (starts < ends)
            right = (raw[np.maximum(ends - 1, 0)] == edge) & (ends - 1 > starts)
            if edge == QUOTE:
                left &= right
                right = left
            if not left.any() and not right.any():
                break
            starts += left
            ends -= right
            if edge == QUOTE:
                break
    return Column(raw, starts, ends)


def numbers(column: Column, decimal: str) -> tuple[NDArray[np.float64], Mask]:
    """Return the numbers of a column, NaN where a cell says nothing, and which cells are no numbers at all.

    Each is the float nearest to the decimal written.
    """
    starts, ends, raw = column.starts, column.ends, column.data
    widths = ends - starts
    rows = len(starts)
    values = np.full(rows, np.nan)
    bad = np.zeros(rows, dtype=np.bool_)
    if not rows:
        return values, bad
    width = min(int(widths.max()), _WIDEST)
    if width:
        chars = column.chars(np.arange(rows), width)
        chars[np.arange(width)[:, None] < width - widths[None, :]] = ZERO
        first = raw[np.minimum(starts, len(raw) - 1)]
        negative = (first == ord("-")) & (widths > 0)
        signed = negative | ((first == ord("+")) & (widths > 0))
        fits = widths <= width
        at = np.flatnonzero(signed & fits)
        chars[width - widths[at], at] = ZERO
        digits = chars - ZERO
        points = chars == ord(decimal)
        dots = points.sum(axis=0)
        mantissa = np.zeros(rows, dtype=np.int64)
        for place in range(width):
            mantissa = np.where(points[place], mantissa, mantissa * 10 + digits[place])
        right = np.where(dots > 0, width - 1 - points.argmax(axis=0), 0)
        plain = ((digits < 10) | points).all(axis=0) & (dots <= 1) & fits & (widths - signed - dots > 0)
        plain &= (mantissa < _EXACT) & (mantissa >= 0)
        quotient = mantissa / _POWERS[right]
        values = np.where(plain, np.where(negative, -quotient, quotient), np.nan)
    else:
        plain = np.zeros(rows, dtype=np.bool_)
    for row in np.flatnonzero(~plain & (widths > 0)).tolist():
        told = column.text(row)
        try:
            value = float(told.replace(decimal, ".") if decimal != "." else told)
        except ValueError:
            bad[row] = told.lower() not in NOTHING
        else:
            if "_" in told or (decimal != "." and "." in told):
                bad[row] = True
            elif np.isfinite(value):
                values[row] = value
            else:
                bad[row] = not np.isnan(value)
    return values, bad
