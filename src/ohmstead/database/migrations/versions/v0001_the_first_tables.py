"""the first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def int64() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "block",
        sa.Column("series", int64(), autoincrement=False, nullable=False),
        sa.Column("t0", int64(), autoincrement=False, nullable=False),
        sa.Column("t1", int64(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("instants", int64(), nullable=False),
        sa.Column("payload", int64(), nullable=False),
        sa.Column("carry", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("series", "t0", name=op.f("pk_block")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "device",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True, comment="in its undo time when set"),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("serial", name=op.f("uq_device_serial")),
    )
    op.create_table(
        "device_marks",
        sa.Column("device", int64(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_device_marks")),
    )
    op.create_table(
        "fact",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fact")),
    )
    op.create_table(
        "instants",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("device", int64(), nullable=False),
        sa.Column("t0", int64(), nullable=False),
        sa.Column("t1", int64(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instants")),
    )
    op.create_table(
        "invitation",
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the link's secret"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("devices", sa.JSON(), nullable=False, comment="ids of the devices a viewer will see"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("inviter", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation")),
    )
    op.create_table(
        "journal",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_table(
        "mapping",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="mqtt or http"),
        sa.Column("filter", sa.Text(), nullable=False, comment="topic filter, or path with the same wildcards"),
        sa.Column("serial", sa.Text(), nullable=False, comment="template of the serial"),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("time_pointer", sa.Text(), nullable=True),
        sa.Column("time_format", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping")),
    )
    op.create_table(
        "note",
        sa.Column("key", sa.Text(), nullable=False, comment="small facts of the installation, e.g. the set-up secret"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_note")),
    )
    op.create_table(
        "payload",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payload")),
    )
    op.create_table(
        "retained",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("qos", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_retained")),
    )
    op.create_table(
        "rollup_pack",
        sa.Column("series", int64(), autoincrement=False, nullable=False),
        sa.Column("tier", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("t0", int64(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series", "tier", "t0", name=op.f("pk_rollup_pack")),
    )
    op.create_table(
        "series_state",
        sa.Column("series", int64(), autoincrement=False, nullable=False),
        sa.Column("device", int64(), nullable=False),
        sa.Column("sealed_upto", int64(), nullable=False),
        sa.Column("raw_from", int64(), nullable=False),
        sa.Column("last_t", int64(), nullable=True),
        sa.Column("last_v", sa.Double(), nullable=True),
        sa.Column("version", int64(), nullable=False),
        sa.Column("tail", sa.LargeBinary(), nullable=True),
        sa.Column("max_gap", int64(), nullable=True),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_series_state")),
    )
    op.create_table(
        "site",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "assignment",
        sa.Column("device_id", int64(), nullable=False),
        sa.Column("user_id", int64(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_assignment_device_id_device"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_assignment_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", "user_id", name=op.f("pk_assignment")),
    )
    op.create_table(
        "channel",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("device_id", int64(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("factor", sa.Float(), server_default="1", nullable=False),
        sa.Column("shift", sa.Float(), server_default="0", nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("display_unit", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "keep_raw_days",
            sa.Integer(),
            nullable=True,
            comment="raw samples go after this; null: as the server's setting says",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_channel_device_id_device"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("device_id", "key", name=op.f("uq_channel_device_id")),
    )
    op.create_table(
        "meter_card",
        sa.Column("device_id", int64(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False, comment="`device_id` of system 003; many units say 1"),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ota_url", sa.Text(), nullable=False),
        sa.Column("ota_version", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_meter_card_device_id_device"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_meter_card")),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the cookie, never the cookie"),
        sa.Column("user_id", int64(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_session_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "token",
        sa.Column("id", int64(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the token, never the token"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False, comment="MQTT filters a `mqtt` token may use"),
        sa.Column("device_id", int64(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_token_device_id_device"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_device_id"), ["device_id"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        for table, column in (("journal", "payload"), ("payload", "data"), ("rollup_pack", "data")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
