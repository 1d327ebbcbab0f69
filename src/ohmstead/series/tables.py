"""The tables of the series store.

Bytes live in `payload`, apart from the headers that name them: a scan of headers touches few pages, and SQLite packs
rows of very different length well only when nothing else is between them.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ohmstead.database.schema import metadata

Int64: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class StoredExternally(postgresql.BYTEA):
    """bytea that PostgreSQL must not try to compress again (STORAGE EXTERNAL, set when the table is made)."""


Bytes: Final = sa.LargeBinary().with_variant(StoredExternally(), "postgresql")

# One row per committed group: everything that is not in blocks yet. Ids rise and are never used twice.
journal: Final = sa.Table(
    "journal",
    metadata,
    sa.Column("id", Int64, primary_key=True, autoincrement=False),
    sa.Column("payload", Bytes, nullable=False),
)

# What is known of a series without looking at its blocks. `sealed_upto`: journal records up to this one are in blocks;
# `last_t`, `last_v`: its last sealed sample; `tail`: the state of the counter after that one (see carry);
# `recent`: its last sealed instants, int64 one after the other (see gaps). `max_gap`: up to `learned_upto` the longest
# step that is bridged, in µs; null for series that an older release did not seal.
series_state: Final = sa.Table(
    "series_state",
    metadata,
    sa.Column("series", Int64, primary_key=True, autoincrement=False),
    sa.Column("device", Int64, nullable=False),
    sa.Column("sealed_upto", Int64, nullable=False),
    sa.Column("raw_from", Int64, nullable=False),
    sa.Column("last_t", Int64),
    sa.Column("last_v", sa.Double),
    sa.Column("version", Int64, nullable=False),
    sa.Column("tail", sa.LargeBinary),
    sa.Column("max_gap", Int64),
    sa.Column("learned_upto", Int64),
    sa.Column("recent", sa.LargeBinary),
)

# The instants of one or several blocks; never changed, gone when no block uses them.
instants: Final = sa.Table(
    "instants",
    metadata,
    sa.Column("id", Int64, primary_key=True, autoincrement=False),
    sa.Column("device", Int64, nullable=False),
    sa.Column("t0", Int64, nullable=False),
    sa.Column("t1", Int64, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("codec", sa.SmallInteger, nullable=False),
    sa.Column("uses", sa.Integer, nullable=False),
)

# A sealed run of one series: t0 … t1 inclusive, n samples, no overlap with another block of the series.
# `carry` is the state of the counter before its first sample (see folding).
block: Final = sa.Table(
    "block",
    metadata,
    sa.Column("series", Int64, primary_key=True, autoincrement=False),
    sa.Column("t0", Int64, primary_key=True, autoincrement=False),
    sa.Column("t1", Int64, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("codec", sa.SmallInteger, nullable=False),
    sa.Column("instants", Int64, nullable=False),
    sa.Column("payload", Int64, nullable=False),
    sa.Column("carry", sa.LargeBinary),
    sqlite_with_rowid=False,
)

# The bytes of a block's values (id = block.payload) or of instants (id = instants.id); one sequence of ids for both.
payload: Final = sa.Table(
    "payload",
    metadata,
    sa.Column("id", Int64, primary_key=True, autoincrement=False),
    sa.Column("data", Bytes, nullable=False),
)

# Rollups of one tier and span, as columns. `tier`: 0 = 15 minutes, 1 = calendar days of the store's zone.
rollup_pack: Final = sa.Table(
    "rollup_pack",
    metadata,
    sa.Column("series", Int64, primary_key=True, autoincrement=False),
    sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("t0", Int64, primary_key=True, autoincrement=False),
    sa.Column("data", Bytes, nullable=False),
)

# The (boot, seq) of the last batches of a device that are no longer in the journal.
device_marks: Final = sa.Table(
    "device_marks",
    metadata,
    sa.Column("device", Int64, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

for _table in (journal, payload, rollup_pack):
    for _column in _table.columns:
        if _column.type is Bytes:
            sa.event.listen(
                _table,
                "after_create",
                sa.schema.DDL(  # type: ignore[no-untyped-call]
                    f"ALTER TABLE {_table.name} ALTER COLUMN {_column.name} SET STORAGE EXTERNAL"
                ).execute_if(dialect="postgresql"),
            )
