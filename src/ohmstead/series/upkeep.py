"""What happens to sealed data later: raw samples and rollups expire, series are deleted, days move to another zone.

Every function plans with a read connection and returns closures, each a small transaction of its own, to be run in
order under the sealer's lock. Stopping between two of them leaves nothing wrong, only work to be done again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.database.schema import fact
from ohmstead.domain.calendar import Period, bucket_of, edges
from ohmstead.domain.rollups import empty, merge
from ohmstead.domain.telemetry import DAY
from ohmstead.series.blocks import BlockReader, Header, headers_around, remove_blocks
from ohmstead.series.gaps import HISTORY
from ohmstead.series.rollup_packs import (
    DAYS,
    FINE,
    FINE_US,
    SPAN_US,
    decode,
    encode,
    joined,
    load_packs,
    span_start,
    split,
    store_packs,
)
from ohmstead.series.states import known_of
from ohmstead.series.tables import journal, rollup_pack, series_state
from ohmstead.series.view import FOR_EVER, UNKNOWN, View

Step = Callable[[sa.Connection], None]

# Blocks deleted in one transaction: a few hundred pages.
_BLOCKS_AT_ONCE: Final = 64


def raw_border(zone: str, before: int) -> int:
    """Return where raw samples may end so that no day and no quarter of an hour loses a part of its samples."""
    return bucket_of(zone, Period.DAY, before)[0]


def expire_raw(connection: sa.Connection, series: int, device: int, border: int, *, counter: bool) -> Iterator[Step]:
    """Drop samples before `border` (see raw_border) once quarters of an hour exist for all of them.

    The blocks with the last samples before the border stay: the steps after it are judged by them.
    """
    found = headers_around(connection, series, border - 1, border - 1)
    holder = found[0] if found and found[0].t0 < border else None
    packs = _quarters_before(connection, series, border, counter=counter) if holder is not None else []

    def settle(connection: sa.Connection) -> None:
        store_packs(connection, packs)
        connection.execute(_SET_RAW_FROM, {"series": series, "device": device, "border": border})

    yield settle
    if holder is not None:
        gone, kept = headers_around(connection, series, 0, holder.t0 - 1), 1
        while gone and kept < HISTORY:
            kept += gone.pop().n
        yield from _remove(series, gone)


def _quarters_before(
    connection: sa.Connection, series: int, border: int, *, counter: bool
) -> list[tuple[int, int, int, bytes]]:
    """Return the packs that are missing for raw samples before `border`."""
    oldest = _oldest(connection, series)
    assert oldest is not None
    view = _sealed_view(connection, series, counter=counter)
    known = {pack.t0 for pack in load_packs(connection, series, FINE, oldest, border)}
    packs = []
    for start in range(span_start(FINE, oldest), border, SPAN_US[FINE]):
        if start not in known:
            rows = view.folded(start, start + SPAN_US[FINE]).rollups(FINE_US)
            if len(rows):
                packs.append((series, FINE, start, encode(rows)))
    return packs


def expire_tier(connection: sa.Connection, series: int, tier: int, before: int) -> Iterator[Step]:
    """Drop the packs of a tier whose span ends before an instant."""
    last = span_start(tier, before)

    def remove(connection: sa.Connection) -> None:
        connection.execute(
            sa.delete(rollup_pack).where(
                rollup_pack.c.series == series, rollup_pack.c.tier == tier, rollup_pack.c.t0 < last
            )
        )

    yield remove


def delete_series(connection: sa.Connection, series: int, device: int, upto: int) -> Iterator[Step]:
    """Delete all data of a series; journal records up to `upto` will not bring it back."""

    def forget(connection: sa.Connection) -> None:
        connection.execute(sa.delete(series_state).where(series_state.c.series == series))
        connection.execute(
            sa.insert(series_state).values(
                series=series, device=device, sealed_upto=upto, raw_from=0, version=upto, last_t=None, last_v=None
            )
        )
        connection.execute(sa.delete(rollup_pack).where(rollup_pack.c.series == series))

    yield forget
    yield from _remove(series, headers_around(connection, series, 0, FOR_EVER - 1))


def rebuild_days(
    connection: sa.Connection, series: int, zone: str, *, counter: bool, last_t: int, raw_from: int
) -> Iterator[Step]:
    """Fold the days of a series again, for another zone; days older than all finer data stay as they are."""
    old = load_packs(connection, series, DAYS, 0, FOR_EVER)
    fine = load_packs(connection, series, FINE, 0, FOR_EVER)
    oldest = _oldest(connection, series)
    starts = [max(oldest, raw_from)] if oldest is not None else []
    if fine:
        starts.append(int(decode(fine[0].data, counter=counter, only=("start",)).start[0]))
    if not starts:
        return
    first = min(starts)
    borders = edges(zone, Period.DAY, first, last_t + 1)
    view = _sealed_view(connection, series, counter=counter)
    rows = view.days(borders)
    kept = joined(old, counter=counter) if old else empty(counter=counter)
    # A day of the old zone that reaches into the finer data would be counted twice.
    rows = merge(kept.between(0, min(int(borders[0]), first - DAY) + 1), rows)
    packs = [(series, DAYS, start, encode(part)) for start, part in split(DAYS, rows)]

    def replace(connection: sa.Connection) -> None:
        connection.execute(sa.delete(rollup_pack).where(rollup_pack.c.series == series, rollup_pack.c.tier == DAYS))
        store_packs(connection, packs)

    yield replace


def remember(name: str, value: str) -> Step:
    """Store a fact."""

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.delete(fact).where(fact.c.name == name))
        connection.execute(sa.insert(fact).values(name=name, value=value))

    return write


def trim_journal(end: int, newest_commit: int, marks: Sequence[Mapping[str, Any]]) -> Step:
    """Delete journal records below `end`; what only they knew, marks and the last commit's time, must outlive them."""

    def remove(connection: sa.Connection) -> None:
        connection.execute(sa.delete(journal).where(journal.c.id < end))
        if marks:
            connection.execute(_UPSERT_MARKS, marks)
        remember("clock_floor", str(newest_commit))(connection)

    return remove


def _remove(series: int, gone: Sequence[Header]) -> Iterator[Step]:
    for start in range(0, len(gone), _BLOCKS_AT_ONCE):
        piece = gone[start : start + _BLOCKS_AT_ONCE]
        yield lambda connection, piece=piece: remove_blocks(connection, series, piece)  # type: ignore[misc]


def _sealed_view(connection: sa.Connection, series: int, *, counter: bool) -> View:
    known = known_of(connection, [series]).get(series, UNKNOWN)
    return View(connection, BlockReader(connection), series, counter=counter, known=known)


def _oldest(connection: sa.Connection, series: int) -> int | None:
    found = headers_around(connection, series, 0, FOR_EVER - 1)
    return found[0].t0 if found else None


_SET_RAW_FROM: Final = sa.text(
    "INSERT INTO series_state (series, device, sealed_upto, raw_from, version) "
    "VALUES (:series, :device, 0, :border, 0) "
    "ON CONFLICT (series) DO UPDATE SET raw_from = excluded.raw_from"
)
_UPSERT_MARKS: Final = sa.text(
    "INSERT INTO device_marks (device, data) VALUES (:device, :data) "
    "ON CONFLICT (device) DO UPDATE SET data = excluded.data"
)
