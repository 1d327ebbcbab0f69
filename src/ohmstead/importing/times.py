"""Written times as columns: ISO 8601 and the orders people use, with or without an offset, and epochs."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND
from ohmstead.importing.cells import ZERO, Column, Mask, numbers


class TimeFormat(StrEnum):
    """How a column writes time. YMD includes ISO 8601; separators, fractions and offsets are found by themselves."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"
    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"
    EPOCH_US = "epoch_us"
    EPOCH_NS = "epoch_ns"


_EPOCH_UNITS: Final = {
    TimeFormat.EPOCH_S: 1e6,
    TimeFormat.EPOCH_MS: 1e3,
    TimeFormat.EPOCH_US: 1.0,
    TimeFormat.EPOCH_NS: 1e-3,
}
_FIELDS: Final = {TimeFormat.YMD: (0, 5, 8), TimeFormat.DMY: (6, 3, 0), TimeFormat.MDY: (6, 0, 3)}  # year, month, day
_SEPARATORS: Final = {TimeFormat.YMD: (4, 7), TimeFormat.DMY: (2, 5), TimeFormat.MDY: (2, 5)}
_WRITTEN: Final = re.compile(
    r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})"
    r"(?:[T ,]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?)?"
    r"\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?"
).fullmatch
_MONTH_LENGTHS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Written(NamedTuple):
    """`us` is UTC where `zoned`, else the wall clock; meaningless where `bad`."""

    us: NDArray[np.int64]
    zoned: Mask
    bad: Mask


class Moment(NamedTuple):
    us: int
    zoned: bool


def parse(text: str, order: TimeFormat) -> Moment | None:
    """Return one written time, or None when it is none."""
    match = _WRITTEN(text.strip())
    if match is None:
        return None
    one, two, three, hour, minute, second, fraction, half, zone = match.groups()
    year, month, day = {
        TimeFormat.YMD: (one, two, three),
        TimeFormat.DMY: (three, two, one),
        TimeFormat.MDY: (three, one, two),
    }[order]
    if len(year) != 4 or len(day) > 2:
        return None
    hours = int(hour or 0)
    if half is not None:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    try:
        at = datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        return None
    us = (at - _EPOCH) // timedelta(microseconds=1) + int((fraction or "0")[:6].ljust(6, "0"))
    if zone is None:
        return Moment(us, zoned=False)
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE
        us -= offset if zone[0] == "+" else -offset
    return Moment(us, zoned=True)


def instants(column: Column, style: TimeFormat) -> Written:
    """Read a column of times."""
    if style in _EPOCH_UNITS:
        values, bad = numbers(column, ".")
        bad |= np.isnan(values) | (np.abs(values) * _EPOCH_UNITS[style] > 1e17)
        us = np.rint(np.where(bad, 0.0, values) * _EPOCH_UNITS[style]).astype(np.int64)
        return Written(us, np.ones(len(us), dtype=np.bool_), bad)
    rows = len(column.starts)
    us = np.zeros(rows, dtype=np.int64)
    zoned = np.zeros(rows, dtype=np.bool_)
    read = np.zeros(rows, dtype=np.bool_)
    widths = column.ends - column.starts
    for width in np.unique(widths).tolist():
        if 16 <= width <= 35:
            found = np.flatnonzero(widths == width)
            us[found], zoned[found], read[found] = _regular(column.chars(found, width), style)
    bad = np.zeros(rows, dtype=np.bool_)
    for row in np.flatnonzero(~read).tolist():
        moment = parse(column.text(row), style)
        if moment is None:
            bad[row] = True
        else:
            us[row], zoned[row] = moment
    return Written(us, zoned, bad)


def _regular(chars: NDArray[np.uint8], order: TimeFormat) -> tuple[NDArray[np.int64], Mask, Mask]:
    """(µs, zoned, read) of equally long times, width × rows; only what is written like the first row is read."""
    width, rows = chars.shape
    digits = (chars - ZERO).astype(np.int64)
    is_digit = digits < 10

    def number(start: int, length: int) -> NDArray[np.int64]:
        value = np.zeros(rows, dtype=np.int64)
        for place in range(start, start + length):
            value = value * 10 + digits[place]
        return value

    read = np.ones(rows, dtype=np.bool_)
    expected = {*range(10), 11, 12, 14, 15} - set(_SEPARATORS[order])
    for place in _SEPARATORS[order]:
        read &= (chars[place] == ord("-")) | (chars[place] == ord(".")) | (chars[place] == ord("/"))
    read &= (chars[10] == ord("T")) | (chars[10] == ord(" "))
    read &= chars[13] == ord(":")
    at = 16
    second = fraction = np.zeros(rows, dtype=np.int64)
    first = chars[:, 0].tobytes().decode("latin-1")
    if width >= 19 and first[16] == ":":
        read &= chars[16] == ord(":")
        expected |= {17, 18}
        second = number(17, 2)
        at = 19
        if width > 20 and first[19] in ".,":
            read &= chars[19] == chars[19, 0]
            length = len(first[20:]) - len(first[20:].lstrip("0123456789"))
            expected |= set(range(20, 20 + length))
            at = 20 + length
            fraction = number(20, min(length, 6)) * 10 ** (6 - min(length, 6))
            read &= length > 0
    tail = first[at:]
    offset = np.zeros(rows, dtype=np.int64)
    zoned = np.full(rows, bool(tail))
    if tail in ("Z", "z"):
        read &= chars[at] == ord(tail)
    elif tail and tail[0] in "+-" and len(tail) in (3, 5, 6):
        minutes = at + (4 if len(tail) == 6 else 3)
        expected |= {at + 1, at + 2}
        offset = number(at + 1, 2) * HOUR
        if len(tail) > 3:
            expected |= {minutes, minutes + 1}
            offset += number(minutes, 2) * MINUTE
        if len(tail) == 6:
            read &= chars[at + 3] == ord(":")
        negative = chars[at] == ord("-")
        read &= negative | (chars[at] == ord("+"))
        offset = np.where(negative, -offset, offset)
    elif tail:
        return np.zeros(rows, dtype=np.int64), zoned, np.zeros(rows, dtype=np.bool_)
    read &= is_digit[sorted(expected)].all(axis=0)

    year_at, month_at, day_at = _FIELDS[order]
    year, month, day = number(year_at, 4), number(month_at, 2), number(day_at, 2)
    hour, minute = number(11, 2), number(14, 2)
    read &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length_of = _MONTH_LENGTHS[np.where(read, month, 1)] - ((month == 2) & ~leap)
    read &= (day >= 1) & (day <= length_of)
    us = _days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * SECOND + fraction - offset
    return us, zoned, read


def _days(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days since 1970 of a Gregorian date, by counting years from March on so that leap days come last."""
    year = year - (month <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days: NDArray[np.int64] = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days
