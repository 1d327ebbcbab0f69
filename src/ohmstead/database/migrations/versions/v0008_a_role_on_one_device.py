"""Who sees a device may be its operator."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    role = sa.Column("role", sa.Text(), nullable=False, server_default="viewer", comment="of the user, on this device")
    op.add_column("assignment", role)
