"""Which devices are no part of the sums of a site."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "site",
        sa.Column(
            "uncounted",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="devices that are no part of sums; null: all are",
        ),
    )
