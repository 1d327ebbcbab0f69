"""Reading the series of a running server from another process: blocks and journal in one snapshot, never a write."""

import numpy as np
import sqlalchemy as sa

from ohmstead.database.database import backend_for
from ohmstead.database.errors import ours
from ohmstead.series.blocks import BlockReader
from ohmstead.series.hot import Columns
from ohmstead.series.journal import JournalCodec
from ohmstead.series.merging import between, merged, settled
from ohmstead.series.tables import journal, series_state


class SeriesReader:
    """Takes no lock; the server may run or not. `close` when done."""

    def __init__(self, url: str) -> None:
        self._backend = backend_for(url)

    def raw(self, series: int, t0: int, t1: int) -> Columns:
        """Return instants and values in [t0, t1), ascending."""
        with ours(), self._backend.reader_engine.connect() as connection:
            state = connection.execute(sa.select(series_state).where(series_state.c.series == series)).first()
            upto, raw_from = (state.sealed_upto, state.raw_from) if state is not None else (0, 0)
            sealed = BlockReader(connection).read(series, t0, t1)
            hot = between(settled(*_journalled(connection, series, upto)), t0, t1)
            return between(merged((sealed, hot)), max(t0, raw_from), t1)

    def close(self) -> None:
        self._backend.close()


def _journalled(connection: sa.Connection, series: int, upto: int) -> Columns:
    """Return what the journal has of a series after record `upto`, in order of arrival."""
    codec = JournalCodec()
    times, values = [np.empty(0, np.int64)], [np.empty(0)]
    records = sa.select(journal.c.payload).where(journal.c.id > upto).order_by(journal.c.id)
    for data in connection.scalars(records):
        for _, held, t, v in codec.decode(data).runs:
            if series in held:
                times.append(t)
                values.append(v[held.index(series) :: len(held)])
    return np.concatenate(times), np.concatenate(values)
