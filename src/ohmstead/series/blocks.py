"""Sealed blocks in the database: finding, decoding, replacing them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ohmstead.series.codec import codec
from ohmstead.series.hot import EMPTY, Columns
from ohmstead.series.tables import block, instants, payload

_VALUES: Final = payload.alias("v")
_TIMES: Final = payload.alias("t")

# Blocks of one series do not overlap: the first one that can reach into a span is the last that starts before it.
_START: Final = (
    sa.select(sa.func.max(block.c.t0))
    .where(block.c.series == sa.bindparam("series"), block.c.t0 <= sa.bindparam("t0"))
    .scalar_subquery()
)
_IN_SPAN: Final = (
    block.c.series == sa.bindparam("series"),
    block.c.t0 >= sa.func.coalesce(_START, sa.bindparam("t0")),
    block.c.t0 < sa.bindparam("t1"),
    block.c.t1 >= sa.bindparam("t0"),
)
_HEADERS: Final = (
    sa.select(block.c.t0, block.c.t1, block.c.n, block.c.instants, block.c.payload, block.c.carry)
    .where(*_IN_SPAN[:3])
    .order_by(block.c.t0)
)
_FULL: Final = (
    sa.select(block.c.n, block.c.instants, instants.c.codec, _TIMES.c.data, block.c.codec, _VALUES.c.data)
    .join_from(block, instants, instants.c.id == block.c.instants)
    .join(_TIMES, _TIMES.c.id == block.c.instants)
    .join(_VALUES, _VALUES.c.id == block.c.payload)
    .where(*_IN_SPAN)
    .order_by(block.c.t0)
)

_REACHING: Final = (
    sa.select(block.c.t0, block.c.t1, block.c.n, block.c.instants, block.c.payload, block.c.carry)
    .where(block.c.series == sa.bindparam("series"), block.c.t0 >= sa.bindparam("t"))
    .order_by(block.c.t0)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Header:
    """Where a block is: instants t0 … t1 (both inside), n of them."""

    t0: int
    t1: int
    n: int
    instants: int
    payload: int
    carry: bytes | None


def headers_around(connection: sa.Connection, series: int, t0: int, t1: int) -> list[Header]:
    """Return the blocks that start in [t0, t1], and before them the last one that starts earlier, in order."""
    found = connection.execute(_HEADERS, {"series": series, "t0": t0, "t1": t1 + 1})
    return [Header(*row) for row in found]


def header_before(connection: sa.Connection, series: int, t: int) -> Header | None:
    """Return the last block that starts before `t`."""
    found = headers_around(connection, series, t - 1, t - 1)
    return found[0] if found and found[0].t0 < t else None


def header_reaching(connection: sa.Connection, series: int, t: int) -> Header | None:
    """Return the first block with a sample at or after `t`."""
    row = connection.execute(_REACHING, {"series": series, "t": t}).first()
    holder = header_before(connection, series, t)
    if holder is not None and holder.t1 >= t:
        return holder
    return Header(*row) if row is not None else None


class BlockReader:
    """Decodes blocks over one connection; instants that several series share are decoded once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._times: dict[int, NDArray[np.int64]] = {}

    def pieces(self, series: int, t0: int, t1: int) -> list[Columns]:
        """Return the columns of every block that reaches into [t0, t1), in order, uncut."""
        found = self._connection.execute(_FULL, {"series": series, "t0": t0, "t1": t1})
        return [
            (self._instants(key, times_codec, times, n), codec(values_codec).decode_values(values, n))
            for n, key, times_codec, times, values_codec, values in found
        ]

    def read(self, series: int, t0: int, t1: int) -> Columns:
        """Return the sealed samples in [t0, t1), ascending."""
        pieces = self.pieces(series, t0, t1)
        if not pieces:
            return EMPTY
        times = np.concatenate([t for t, _ in pieces])
        values = np.concatenate([v for _, v in pieces])
        low, high = np.searchsorted(times, (t0, t1))
        return times[low:high], values[low:high]

    def _instants(self, key: int, number: int, data: bytes, n: int) -> NDArray[np.int64]:
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = codec(number).decode_times(data, n)
        return times


@dataclass(slots=True)
class NewInstants:
    id: int
    device: int
    t0: int
    t1: int
    n: int
    codec: int
    data: bytes
    uses: int = 0


@dataclass(slots=True)
class NewBlock:
    series: int
    t0: int
    t1: int
    n: int
    codec: int
    instants: int
    payload: int
    carry: bytes | None
    data: bytes


def remove_blocks(connection: sa.Connection, series: int, gone: Sequence[Header]) -> None:
    """Delete blocks of a series and whatever only they used."""
    if not gone:
        return
    connection.execute(
        sa.delete(block).where(block.c.series == series, block.c.t0 == sa.bindparam("old")),
        [{"old": h.t0} for h in gone],
    )
    connection.execute(
        sa.delete(payload).where(payload.c.id == sa.bindparam("old")), [{"old": h.payload} for h in gone]
    )
    count_uses(connection, ((h.instants, -1) for h in gone))


def set_carries(connection: sa.Connection, series: int, carries: Sequence[tuple[int, bytes]]) -> None:
    """Give blocks (by their first instant) another state of the counter."""
    if carries:
        connection.execute(
            sa.update(block)
            .where(block.c.series == series, block.c.t0 == sa.bindparam("start"))
            .values(carry=sa.bindparam("state")),
            [{"start": t0, "state": carry} for t0, carry in carries],
        )


def count_uses(connection: sa.Connection, changes: Iterable[tuple[int, int]]) -> None:
    """Change how often instants are used; delete those that no block uses any more."""
    net: dict[int, int] = {}
    for key, change in changes:
        net[key] = net.get(key, 0) + change
    rows: list[dict[str, Any]] = [{"key": key, "change": change} for key, change in net.items() if change]
    if not rows:
        return
    connection.execute(
        sa.update(instants)
        .where(instants.c.id == sa.bindparam("key"))
        .values(uses=instants.c.uses + sa.bindparam("change")),
        rows,
    )
    lower = [row["key"] for row in rows if row["change"] < 0]
    if lower:
        unused = sa.select(instants.c.id).where(instants.c.id.in_(lower), instants.c.uses <= 0)
        dead = list(connection.scalars(unused))
        if dead:
            connection.execute(sa.delete(instants).where(instants.c.id.in_(dead)))
            connection.execute(sa.delete(payload).where(payload.c.id.in_(dead)))


def insert_blocks(connection: sa.Connection, times: Sequence[NewInstants], blocks: Sequence[NewBlock]) -> None:
    """Store new instants and blocks; uses of instants that exist already are the caller's to count."""
    data = sorted([(i.id, i.data) for i in times] + [(b.payload, b.data) for b in blocks])
    if times:
        connection.execute(
            sa.insert(instants),
            [
                {"id": i.id, "device": i.device, "t0": i.t0, "t1": i.t1, "n": i.n, "codec": i.codec, "uses": i.uses}
                for i in times
            ],
        )
    if blocks:
        connection.execute(
            sa.insert(block),
            [
                {
                    "series": b.series,
                    "t0": b.t0,
                    "t1": b.t1,
                    "n": b.n,
                    "codec": b.codec,
                    "instants": b.instants,
                    "payload": b.payload,
                    "carry": b.carry,
                }
                for b in blocks
            ],
        )
    if data:
        connection.execute(sa.insert(payload), [{"id": key, "data": one} for key, one in data])
