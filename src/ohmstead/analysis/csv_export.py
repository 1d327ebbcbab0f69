"""Trials as CSV, with units in the heading. Numbers use the point, fields the comma, lines end in CR LF (RFC 4180)."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from ohmstead.analysis.result import Result
from ohmstead.analysis.trace import Trace

METRIC_HEADING: Final = (
    "trial", "analysis", "version", "software", "key", "label", "value", "unit", "method", "convention",
    "withheld_reason", "warning", "onset_method", "filter", "rate_hz", "rig",
)  # fmt: skip
_ROWS: Final = 2000  # per piece
# A spreadsheet takes a text that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def samples_csv(columns: Mapping[str, Trace]) -> Iterator[str]:
    """Pieces of text: one row per instant, `time_s` from the first of all, `t_us`, then each column as `name (unit)`.

    Instants are those of all columns together; a column without a sample there leaves its field empty. Of several
    samples at one instant, the last counts. No columns are legal.
    """
    yield _lines([["time_s", "t_us", *(_text(f"{name} ({trace.unit})") for name, trace in columns.items())]])
    instants = np.unique(np.concatenate([np.empty(0, np.int64), *(trace.t_us for trace in columns.values())]))
    table = np.full((len(instants), len(columns)), np.nan)
    for number, trace in enumerate(columns.values()):
        table[np.searchsorted(instants, trace.t_us), number] = trace.values
    for first in range(0, len(instants), _ROWS):
        times = instants[first : first + _ROWS].tolist()
        rows = table[first : first + _ROWS].tolist()
        origin = int(instants[0])
        yield _lines(
            [f"{(t - origin) / 1e6:.6f}", t, *("" if value != value else _number(value) for value in row)]
            for t, row in zip(times, rows, strict=True)
        )


def metrics_csv(results: Sequence[tuple[str, Result]]) -> Iterator[str]:
    """Pieces of text: one row per trial and metric, the hidden ones too; `results` are (label of the trial, result)."""
    yield _lines([METRIC_HEADING])
    for label, result in results:
        made = [result.settings.get(name) for name in ("onset_method", "filter", "rate_hz", "rig")]
        yield _lines(
            [
                _text(label),
                result.analysis,
                result.version,
                result.software,
                one.key,
                one.label,
                "" if one.value is None else _number(one.value),
                one.unit,
                *(_text(text or "") for text in (one.method, one.convention, one.withheld_reason, one.warning)),
                *(_number(value) if isinstance(value, float) else _text(value or "") for value in made),
            ]
            for one in result.metrics
        )


def _lines(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _number(value: float) -> str:
    """Shortest text that reads back to the same number; whole numbers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _text(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
