"""What is known of a series without its blocks."""

from collections.abc import Sequence
from typing import Final, TypedDict

import numpy as np
import sqlalchemy as sa

from ohmstead.series.carry import state_of
from ohmstead.series.gaps import Learned
from ohmstead.series.tables import series_state
from ohmstead.series.view import Known, Tail

# Both databases take more parameters than this in one statement.
_PIECE: Final = 500
_KNOWN: Final = sa.select(series_state).where(series_state.c.series.in_(sa.bindparam("series", expanding=True)))


def known_of(connection: sa.Connection, series: Sequence[int]) -> dict[int, Known]:
    """Return what is stored of those that were ever sealed or expired; the others are absent."""
    found: dict[int, Known] = {}
    for start in range(0, len(series), _PIECE):
        for row in connection.execute(_KNOWN, {"series": list(series[start : start + _PIECE])}):
            tail = None if row.last_t is None else Tail(row.last_t, row.last_v, state_of(row.tail))
            learned = None if row.learned_upto is None else Learned(row.learned_upto, row.max_gap)
            recent = None if row.recent is None else np.frombuffer(row.recent, "<i8").astype(np.int64)
            found[row.series] = Known(tail, row.raw_from, learned, recent)
    return found


class State(TypedDict):
    """What a sealing has to say of one series: its last sample so far among those of journal records up to `upto`."""

    series: int
    device: int
    upto: int
    t: int
    v: float
    tail: bytes | None
    recent: bytes


def store_states(connection: sa.Connection, states: Sequence[State]) -> None:
    """Write what sealing changed, at least one; a last sample that is later already stays."""
    connection.execute(_UPSERT_STATE, states)


_UPSERT_STATE: Final = sa.text(
    "INSERT INTO series_state (series, device, sealed_upto, raw_from, last_t, last_v, version, tail, recent) "
    "VALUES (:series, :device, :upto, 0, :t, :v, :upto, :tail, :recent) ON CONFLICT (series) DO UPDATE SET "
    "device = excluded.device, sealed_upto = excluded.sealed_upto, version = excluded.version, tail = excluded.tail, "
    "recent = excluded.recent, "
    "last_v = CASE WHEN series_state.last_t > excluded.last_t THEN series_state.last_v ELSE excluded.last_v END, "
    "last_t = CASE WHEN series_state.last_t > excluded.last_t THEN series_state.last_t ELSE excluded.last_t END"
)
