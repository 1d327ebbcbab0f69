"""Which steps of a series are bridged follows from the steps before; what was learned once holds for what is sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("series_state", sa.Column("learned_upto", int64, nullable=True))
    op.add_column("series_state", sa.Column("recent", sa.LargeBinary(), nullable=True))
    # A quarter of an hour was taken for the few samples that did not tell yet how far apart they usually are.
    op.execute(
        "UPDATE series_state SET learned_upto = last_t, max_gap = COALESCE(max_gap, 900000000) WHERE last_t IS NOT NULL"
    )
