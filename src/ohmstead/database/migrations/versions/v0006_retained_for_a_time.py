"""Retained messages keep their properties and the end of their time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("retained", sa.Column("properties", sa.LargeBinary(), nullable=True, comment="of MQTT 5.0, encoded"))
    op.add_column("retained", sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="UTC microseconds"))
