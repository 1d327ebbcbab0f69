"""Releases, rollouts, installations."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="bundle or image"),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("boards", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the manifest, or of board, target and image"),
        sa.Column(
            "files", sa.JSON(), nullable=False, comment="[path, size, sha256] in order; content is stored by hash"
        ),
        sa.Column("signature", sa.LargeBinary(), nullable=True, comment="null: a vendor image, nobody signed it"),
        sa.Column("key_id", sa.Text(), nullable=True, comment="the key that verified it when it came"),
        sa.Column("min_loader", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("sha256", name=op.f("uq_release_sha256")),
    )
    op.create_table(
        "release_key",
        sa.Column("id", sa.Text(), nullable=False, comment="start of the SHA-256 of the modulus"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("n", sa.Text(), nullable=False, comment="modulus, hexadecimal"),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_by", sa.Text(), server_default="", nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_key")),
    )
    op.create_table(
        "rollout",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("sizes", sa.JSON(), nullable=False, comment="devices in each wave"),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False, comment="its own time: µs in which the server looked on"),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "undoes",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="the rollout it rolls back",
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_rollout_release_id_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout")),
    )
    op.create_table(
        "installation",
        sa.Column("rollout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("from_version", sa.Text(), nullable=True),
        sa.Column("to_version", sa.Text(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="rollout time"),
        sa.Column("absent_since", sa.BigInteger(), nullable=True, comment="rollout time"),
        sa.Column("healthy_since", sa.BigInteger(), nullable=True, comment="rollout time"),
        sa.Column(
            "before", sa.JSON(none_as_null=True), nullable=True, comment="how the device was when it was offered"
        ),
        sa.Column("heard", sa.Boolean(), nullable=False),
        sa.Column("downgrade", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_installation_device_id_device"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rollout_id"], ["rollout.id"], name=op.f("fk_installation_rollout_id_rollout"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rollout_id", "device_id", name=op.f("pk_installation")),
    )
    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.create_index("ix_installation_device_id", ["device_id"], unique=False)

    op.create_table(
        "installation_event",
        sa.Column("rollout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout_id", "device_id"],
            ["installation.rollout_id", "installation.device_id"],
            name=op.f("fk_installation_event_rollout_id_installation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rollout_id", "device_id", "number", name=op.f("pk_installation_event")),
    )
