"""Rollups at rest: the buckets of one series, tier and span as columns in one row, each column decoded only if asked.

A span of a tier has either all of its sealed buckets in its pack, or no pack at all (then raw samples are folded).
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from pcodec import ChunkConfig, standalone

from ohmstead.domain.rollups import Rollups, empty, merge
from ohmstead.domain.telemetry import DAY, MINUTE
from ohmstead.series.journal import UnknownCodec
from ohmstead.series.tables import rollup_pack

# What a chart draws; the other columns need not be decoded for it.
DRAWN: Final = ("start", "count", "total", "lowest", "highest", "increase")
FINE: Final = 0
DAYS: Final = 1
FINE_US: Final = 15 * MINUTE
# Long packs are read faster, short ones cost less when they are written again with every sealing.
SPAN_US: Final = {FINE: 4 * DAY, DAYS: 64 * DAY}

_FORMAT: Final = 1
ALL: Final = (
    "start",
    "count",
    "total",
    "lowest",
    "highest",
    "first",
    "last",
    "integral",
    "covered",
    "increase",
)
_ZERO: Final[Mapping[str, NDArray[Any]]] = {
    name: np.zeros((), np.int64 if name in ("start", "count", "covered") else np.float64) for name in ALL
}
_OF_GAUGES: Final = tuple(name for name in ALL if name != "increase")
_ENTRY: Final = struct.Struct("<BI")  # column, bytes
# Sums of decimals carry rounding noise in their last bits, which no codec can compress; 12 digits are exact enough.
_DIGITS: Final = 12
_CONFIG: Final = ChunkConfig(compression_level=8)


@dataclass(frozen=True, slots=True)
class Pack:
    """One stored row: its rollups start in [t0, t0 + span of the tier)."""

    t0: int
    data: bytes


def encode(rollups: Rollups) -> bytes:
    parts = []
    for name, column in rollups.columns().items():
        if name in ("total", "integral", "increase"):
            column = _rounded(column)
        data = bytes(standalone.simple_compress(np.ascontiguousarray(column), _CONFIG))
        parts.append((ALL.index(name), data))
    head = bytes((_FORMAT, len(parts))) + b"".join(_ENTRY.pack(number, len(data)) for number, data in parts)
    return head + b"".join(data for _, data in parts)


def decode_columns(data: bytes, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the columns asked for; those the pack does not have are absent. Raises UnknownCodec."""
    if data[0] != _FORMAT:
        raise UnknownCodec(f"rollups in format {data[0]}")
    at = 2 + _ENTRY.size * data[1]
    found = {}
    for i in range(data[1]):
        number, size = _ENTRY.unpack_from(data, 2 + i * _ENTRY.size)
        if ALL[number] in names:
            found[ALL[number]] = standalone.simple_decompress(data[at : at + size])
        at += size
    return found


def decode(data: bytes, *, counter: bool, only: Sequence[str] = ALL) -> Rollups:
    """Return the columns named in `only` (`start` must be), zeros for the others; none may be written to.

    `increase` is there exactly if `counter`: a series may have changed its kind.
    """
    return _rollups([decode_columns(data, only)], counter, only)


def joined(packs: Sequence[Pack], *, counter: bool, only: Sequence[str] = ALL) -> Rollups:
    """The same for several packs of one series and tier, given in order; empty without any."""
    if not packs:
        return empty(counter=counter)
    return _rollups([decode_columns(pack.data, only) for pack in packs], counter, only)


def _rollups(packs: Sequence[dict[str, NDArray[Any]]], counter: bool, only: Sequence[str]) -> Rollups:
    """Put the columns of packs one behind the other. Zeros that nobody asked for take no memory and no time."""
    lengths = [len(pack["start"]) for pack in packs]
    columns = {}
    for name in ALL if counter else _OF_GAUGES:
        zero = _ZERO[name]
        if name in only:
            pieces = [
                pack[name] if name in pack else np.broadcast_to(zero, n) for pack, n in zip(packs, lengths, strict=True)
            ]
            columns[name] = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        else:
            columns[name] = np.broadcast_to(zero, sum(lengths))
    return Rollups(**columns)


def span_start(tier: int, t: int) -> int:
    return t // SPAN_US[tier] * SPAN_US[tier]


def load_packs(connection: sa.Connection, series: int, tier: int, t0: int, t1: int) -> list[Pack]:
    """Return the packs whose span reaches into [t0, t1), in order."""
    found = connection.execute(_LOAD, {"series": series, "tier": tier, "low": span_start(tier, t0), "high": t1})
    return [Pack(*row) for row in found]


def load_many(connection: sa.Connection, series: Sequence[int], tier: int, t0: int, t1: int) -> dict[int, list[Pack]]:
    """The same for several series at once."""
    found: dict[int, list[Pack]] = {}
    rows = connection.execute(
        _LOAD_MANY, {"series": list(series), "tier": tier, "low": span_start(tier, t0), "high": t1}
    )
    for one, start, data in rows:
        found.setdefault(one, []).append(Pack(start, data))
    return found


class PackReader:
    """Single packs of several series; the first question about a span is asked for all of them at once."""

    def __init__(self, connection: sa.Connection, series: Sequence[int]) -> None:
        self._connection = connection
        self._series = list(series)
        self._held: dict[tuple[int, int], dict[int, bytes]] = {}

    def at(self, series: int, tier: int, start: int) -> bytes | None:
        """Return the pack of the span that begins at `start`; None if there is none."""
        held = self._held.get((tier, start))
        if held is None:
            found = self._connection.execute(_LOAD_AT, {"series": self._series, "tier": tier, "start": start})
            held = self._held[tier, start] = {}
            for one, data in found:
                held[one] = data
        return held.get(series)


def split(tier: int, rollups: Rollups) -> list[tuple[int, Rollups]]:
    """Deal rows out to the spans of their packs: [(span start, rows)]."""
    spans = dict.fromkeys((rollups.start // SPAN_US[tier] * SPAN_US[tier]).tolist())
    if len(spans) == 1:
        return [(t0, rollups) for t0 in spans]
    return [(t0, rollups.between(t0, t0 + SPAN_US[tier])) for t0 in spans]


def store_packs(connection: sa.Connection, packs: Sequence[tuple[int, int, int, bytes]]) -> None:
    """Write packs (series, tier, span start, bytes), each in the place of the one with its key."""
    if packs:
        connection.execute(
            _STORE, [{"series": series, "tier": tier, "t0": t0, "data": data} for series, tier, t0, data in packs]
        )


def replaced(old: Rollups, new: Rollups, t0: int, t1: int) -> Rollups:
    """Return `old` with its rows in [t0, t1) replaced by `new`, whose rows all start there."""
    if not len(old):
        return new
    ends = int(old.start[-1]) + 1
    return merge(old.between(int(old.start[0]), t0), new, old.between(t1, max(t1, ends)))


def _rounded(column: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = float(np.abs(column).max())
    if not highest or not np.isfinite(highest):
        return column
    decimals = _DIGITS - 1 - int(np.floor(np.log10(highest)))
    return np.round(column, decimals) if -300 < decimals < 300 else column


_LOAD: Final = (
    sa.select(rollup_pack.c.t0, rollup_pack.c.data)
    .where(
        rollup_pack.c.series == sa.bindparam("series"),
        rollup_pack.c.tier == sa.bindparam("tier"),
        rollup_pack.c.t0 >= sa.bindparam("low"),
        rollup_pack.c.t0 < sa.bindparam("high"),
    )
    .order_by(rollup_pack.c.t0)
)
_LOAD_MANY: Final = (
    sa.select(rollup_pack.c.series, rollup_pack.c.t0, rollup_pack.c.data)
    .where(
        rollup_pack.c.series.in_(sa.bindparam("series", expanding=True)),
        rollup_pack.c.tier == sa.bindparam("tier"),
        rollup_pack.c.t0 >= sa.bindparam("low"),
        rollup_pack.c.t0 < sa.bindparam("high"),
    )
    .order_by(rollup_pack.c.series, rollup_pack.c.t0)
)
_LOAD_AT: Final = sa.select(rollup_pack.c.series, rollup_pack.c.data).where(
    rollup_pack.c.series.in_(sa.bindparam("series", expanding=True)),
    rollup_pack.c.tier == sa.bindparam("tier"),
    rollup_pack.c.t0 == sa.bindparam("start"),
)
_STORE: Final = sa.text(
    "INSERT INTO rollup_pack (series, tier, t0, data) VALUES (:series, :tier, :t0, :data) "
    "ON CONFLICT (series, tier, t0) DO UPDATE SET data = excluded.data"
)
