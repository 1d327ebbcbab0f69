"""The tables of releases, rollouts and installations. The content of releases lies beside the database."""

import sqlalchemy as sa

from ohmstead.database.schema import metadata
from ohmstead.storage.tables import Id

release_key = sa.Table(
    "release_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="start of the SHA-256 of the modulus"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("n", sa.Text, nullable=False, comment="modulus, hexadecimal"),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_by", sa.Text, nullable=False, server_default=""),
    sa.Column("revoked_at", sa.BigInteger),
)

release = sa.Table(
    "release",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False, comment="bundle or image"),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("boards", sa.JSON, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False, unique=True, comment="of the manifest, or of board, target and image"),
    sa.Column("files", sa.JSON, nullable=False, comment="[path, size, sha256] in order; content is stored by hash"),
    sa.Column("signature", sa.LargeBinary, comment="null: a vendor image, nobody signed it"),
    sa.Column("key_id", sa.Text, comment="the key that verified it when it came"),
    sa.Column("min_loader", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", sa.BigInteger, nullable=False),
    sa.Column("withdrawn_at", sa.BigInteger),
)

rollout = sa.Table(
    "rollout",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("release_id", Id, sa.ForeignKey("release.id"), nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.Column("sizes", sa.JSON, nullable=False, comment="devices in each wave"),
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("clock", sa.BigInteger, nullable=False, comment="its own time: µs in which the server looked on"),
    sa.Column("looked_at", sa.BigInteger, nullable=False),
    sa.Column("undoes", Id, comment="the rollout it rolls back"),
)

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("rollout_id", Id, sa.ForeignKey("rollout.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("from_version", sa.Text),
    sa.Column("to_version", sa.Text, nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False, comment="rollout time"),
    sa.Column("absent_since", sa.BigInteger, comment="rollout time"),
    sa.Column("healthy_since", sa.BigInteger, comment="rollout time"),
    sa.Column("before", sa.JSON(none_as_null=True), comment="how the device was when it was offered"),
    sa.Column("heard", sa.Boolean, nullable=False),
    sa.Column("downgrade", sa.Boolean, nullable=False),
    sa.Index("ix_installation_device_id", "device_id"),
)

installation_event = sa.Table(
    "installation_event",
    metadata,
    sa.Column("rollout_id", Id, nullable=False),
    sa.Column("device_id", Id, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("rollout_id", "device_id", "number"),
    sa.ForeignKeyConstraint(
        ["rollout_id", "device_id"], ["installation.rollout_id", "installation.device_id"], ondelete="CASCADE"
    ),
)
