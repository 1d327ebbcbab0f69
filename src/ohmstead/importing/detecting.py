"""How a table of text is written: encoding, separator, decimal sign, heading, time. Looks at its first bytes only."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.telemetry import Announcement
from ohmstead.importing.cells import NOTHING
from ohmstead.importing.chunks import UnusableFile
from ohmstead.importing.suggesting import suggest
from ohmstead.importing.times import Moment, TimeFormat, parse

HEAD_BYTES: Final = 256 * 1024
SHOWN_ROWS: Final = 20
SEPARATORS: Final = (";", "\t", ",", "|")
_LOOKED_AT: Final = 500  # rows
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+").fullmatch
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TIME_WORDS: Final = ("time", "date", "zeit", "datum", "idő", "dátum", "when", "timestamp", "_at", "last_changed")
# Numbers that are instants between 2001 and 2100, by their unit.
_EPOCHS: Final = (
    (TimeFormat.EPOCH_S, 1e9, 4.1e9),
    (TimeFormat.EPOCH_MS, 1e12, 4.1e12),
    (TimeFormat.EPOCH_US, 1e15, 4.1e15),
    (TimeFormat.EPOCH_NS, 1e18, 4.1e18),
)


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found. `ambiguous` names what could as well be otherwise, for a person to look at."""

    encoding: str
    separator: str
    decimal: str
    header: bool
    skip: int  # lines before the first row of values
    start: int  # bytes before it
    names: list[str]
    time_column: int | None
    time_format: TimeFormat | None
    zoned: bool  # its times say their offset
    suggested: list[tuple[int, Announcement]]  # (column, channel)
    rows: list[list[str]]  # the first ones, as they are written
    ambiguous: list[str]


def encoding_of(head: bytes) -> tuple[str, int]:
    """(encoding, length of the byte-order mark) of a text that begins with `head`."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    if len(head) >= 8 and head[1:200:2].count(0) > len(head[1:200:2]) * 0.9:
        return "utf-16-le", 0
    if b"\0" in head:
        raise UnusableFile("this is no text: it contains zero bytes")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252", 0
    return "utf-8", 0


def detect(
    head: bytes,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    time_column: str | None = None,
    time_format: TimeFormat | None = None,
) -> Detected:
    """Look at the first bytes of a file (at most HEAD_BYTES are needed); what is given is not guessed.

    Raises UnusableFile when no table of values is there.
    """
    encoding, mark = encoding_of(head)
    if encoding.startswith("utf-16"):
        raise UnusableFile("the text is UTF-16; it has to be recoded first")
    lines = head[mark:].splitlines(keepends=True)
    if len(head) >= HEAD_BYTES and len(lines) > 1:
        lines.pop()  # cut off in the middle
    texts = [line.decode(encoding, "replace").rstrip("\r\n") for line in lines[:_LOOKED_AT]]
    separator = separator or _separator(texts)
    table = [next(csv.reader([text], delimiter=separator), []) for text in texts]
    width = Counter(len(row) for row in table if any(map(str.strip, row))).most_common(1)
    columns = width[0][0] if width else 0
    if columns < 2:
        raise UnusableFile("no table with two or more columns was found; name the separator")
    first = next(n for n, row in enumerate(table) if len(row) == columns)
    body = [row for row in table[first:] if len(row) == columns]
    decimal = decimal or _decimal(body[1:] or body, separator)
    if header is None:
        header = not any(_is_value(cell, decimal) for cell in body[0])
    names = [cell.strip() for cell in body[0]] if header else [f"column {n + 1}" for n in range(columns)]
    rows = body[1:] if header else body
    if not rows:
        raise UnusableFile("there is a heading but no row")
    skip = first + header
    start = mark + sum(map(len, lines[:skip]))
    ambiguous: list[str] = []
    at, style = _time(rows, names, time_column, time_format, ambiguous)
    zoned = style is not None and at is not None and _is_zoned([row[at] for row in rows], style)
    taken: set[str] = set()
    suggested = [
        (n, suggest(names[n] if header else f"value {n}", taken))
        for n in range(columns)
        if n != at and _mostly([row[n] for row in rows], decimal)
    ]
    return Detected(
        encoding,
        separator,
        decimal,
        header,
        skip,
        start,
        names,
        at,
        style,
        zoned,
        suggested,
        rows[:SHOWN_ROWS],
        ambiguous,
    )


def _separator(texts: Sequence[str]) -> str:
    """The sign that cuts most lines into the same number of cells, more than one."""
    best, found = 0.0, ","
    for sign in SEPARATORS:
        widths = Counter(len(next(csv.reader([text], delimiter=sign), [])) for text in texts if text.strip())
        if not widths:
            continue
        (width, lines), *_ = widths.most_common(1)
        score = lines / widths.total() + 0.01 * min(width, 10) if width > 1 else 0.0
        if score > best + 0.05:
            best, found = score, sign
    if best == 0.0:
        raise UnusableFile("no separator (comma, semicolon, tab or |) was found in the first lines")
    return found


def _decimal(rows: Sequence[Sequence[str]], separator: str) -> str:
    if separator == ",":
        return "," if any(_DECIMAL_COMMA(cell.strip()) for row in rows for cell in row) else "."  # fmt: skip
    commas = sum(_DECIMAL_COMMA(cell.strip()) is not None for row in rows for cell in row)
    points = sum("." in cell and number(cell, ".") is not None for row in rows for cell in row)
    return "," if commas > points else "."


def number(cell: str, decimal: str) -> float | None:
    """The number a cell holds, or None."""
    try:
        return float(cell.strip().replace(decimal, "."))
    except ValueError:
        return None


def _is_value(cell: str, decimal: str) -> bool:
    return number(cell, decimal) is not None or _moment(cell) is not None


def _mostly(cells: Sequence[str], decimal: str) -> bool:
    told = [cell for cell in cells if cell.strip().lower() not in NOTHING]
    return bool(told) and sum(number(cell, decimal) is not None for cell in told) * 10 >= len(told) * 9


def _moment(cell: str) -> Moment | None:
    return next(filter(None, (parse(cell, order) for order in (TimeFormat.YMD, TimeFormat.DMY, TimeFormat.MDY))), None)


def _time(
    rows: Sequence[Sequence[str]],
    names: Sequence[str],
    wanted: str | None,
    style: TimeFormat | None,
    ambiguous: list[str],
) -> tuple[int | None, TimeFormat | None]:
    """(column, format) of the times; (None, None) when no column looks like one."""
    if wanted is not None:
        candidates = [column_named(names, wanted)]
    else:
        # A heading that speaks of time outweighs the order of columns.
        telling = [n for n, name in enumerate(names) if any(word in name.lower() for word in _TIME_WORDS)]
        candidates = list(dict.fromkeys((*telling, *range(len(names)))))
    for at in candidates:
        cells = [row[at].strip() for row in rows if row[at].strip()]
        found = style or _style(cells, names[at], ambiguous)
        if found is not None:
            return at, found
    return (candidates[0], style) if wanted is not None else (None, None)


def column_named(names: Sequence[str], wanted: str) -> int:
    """The column with this heading, or with this number counted from 1. Raises UnusableFile."""
    folded = [name.casefold() for name in names]
    if wanted.strip().casefold() in folded:
        return folded.index(wanted.strip().casefold())
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise UnusableFile(f"there is no column {wanted!r:.60}; there are {', '.join(names)[:300]}")


def _style(cells: Sequence[str], name: str, ambiguous: list[str]) -> TimeFormat | None:
    if not cells:
        return None
    enough = len(cells) * 9
    fits = {
        order: sum(parse(cell, order) is not None for cell in cells) * 10
        for order in (TimeFormat.YMD, TimeFormat.DMY, TimeFormat.MDY)
    }
    best = max(fits.values())
    if best >= enough:
        winners = [order for order, count in fits.items() if count == best]
        if len(winners) > 1:
            ambiguous.append(f"{name}: day and month could be exchanged; day first was taken")
        return winners[0]
    values = [value for cell in cells if (value := number(cell, ".")) is not None]
    for style, low, high in _EPOCHS:
        if sum(low <= value <= high for value in values) * 10 >= enough:
            return style
    return None


def _is_zoned(cells: Sequence[str], style: TimeFormat) -> bool:
    if style not in (TimeFormat.YMD, TimeFormat.DMY, TimeFormat.MDY):
        return True
    moments = [moment for cell in cells if (moment := parse(cell, style)) is not None]
    return bool(moments) and all(moment.zoned for moment in moments)
