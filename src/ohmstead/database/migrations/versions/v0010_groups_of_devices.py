"""Labels by which people mean several devices at once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "device",
        sa.Column("groups", sa.JSON(), nullable=False, server_default="[]", comment="labels that people gave it"),
    )
