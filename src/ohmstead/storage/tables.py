"""The relational nouns. Instants are int64 UTC microseconds; ids are ours to give, one writer per database."""

import sqlalchemy as sa

from ohmstead.database.schema import metadata

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

user = sa.Table(
    "user_account",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True, comment="SHA-256 of the cookie, never the cookie"),
    sa.Column("user_id", Id, sa.ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
)

device = sa.Table(
    "device",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("serial", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("dialect", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("deleted_at", sa.BigInteger, comment="in its undo time when set"),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("groups", sa.JSON, nullable=False, server_default="[]", comment="labels that people gave it"),
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("quantity", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("decimals", sa.Integer, nullable=False),
    sa.Column("factor", sa.Float, nullable=False, server_default="1"),
    sa.Column("shift", sa.Float, nullable=False, server_default="0"),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("display_unit", sa.Text, nullable=False, server_default=""),
    sa.Column("keep_raw_days", sa.Integer, comment="raw samples go after this; null: as the server's setting says"),
    sa.UniqueConstraint("device_id", "key"),
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, nullable=False, unique=True, comment="SHA-256 of the token, never the token"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("topics", sa.JSON, nullable=False, comment="MQTT filters a `mqtt` token may use"),
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), index=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("last_used_at", sa.BigInteger),
)

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True, comment="SHA-256 of the link's secret"),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("devices", sa.JSON, nullable=False, comment="ids of the devices a viewer will see"),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("inviter", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role", sa.Text, nullable=False, server_default="viewer", comment="of the user, on this device"),
)

site = sa.Table(
    "site",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("latitude", sa.Float, comment="degrees north; null: nobody said, so there is no sunrise"),
    sa.Column("longitude", sa.Float, comment="degrees east"),
    sa.Column("uncounted", sa.JSON(none_as_null=True), comment="devices that are no part of sums; null: all are"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
)

meter_card = sa.Table(
    "meter_card",
    metadata,
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("label", sa.Text, nullable=False, comment="`device_id` of system 003; many units say 1"),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("ota_url", sa.Text, nullable=False),
    sa.Column("ota_version", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)

mapping = sa.Table(
    "mapping",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("source", sa.Text, nullable=False, comment="mqtt or http"),
    sa.Column("filter", sa.Text, nullable=False, comment="topic filter, or path with the same wildcards"),
    sa.Column("serial", sa.Text, nullable=False, comment="template of the serial"),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("time_pointer", sa.Text),
    sa.Column("time_format", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
)

retained = sa.Table(
    "retained",
    metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("qos", sa.Integer, nullable=False),
    sa.Column("properties", sa.LargeBinary, comment="of MQTT 5.0, encoded"),
    sa.Column("expires_at", sa.BigInteger, comment="UTC microseconds"),
)

note = sa.Table(
    "note",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="small facts of the installation, e.g. the set-up secret"),
    sa.Column("value", sa.Text, nullable=False),
)

shadow = sa.Table(
    "shadow",
    metadata,
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False, comment="the newest version the device said it had"),
    sa.Column("reported_at", sa.BigInteger),
    sa.Column("desired", sa.JSON, nullable=False, comment="field: [value, version, at, author, reason, met]"),
    sa.Column("reported", sa.JSON, nullable=False, comment="field: [value, at]"),
    sa.Column("boot", sa.Text, comment="of the last hello"),
    sa.Column("offers", sa.JSON(none_as_null=True), comment="commands it announced; null: it never said hello"),
)

command = sa.Table(
    "command",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("args", sa.JSON, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("request_id", sa.Text, comment="what the asker calls it"),
)

room = sa.Table(
    "room",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)

output = sa.Table(
    "output",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("room_id", Id, sa.ForeignKey("room.id"), nullable=False),
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="what its device calls it"),
    sa.Column("field", sa.Text, nullable=False, comment="field of the device's shadow"),
    sa.Column("settings", sa.JSON, nullable=False, comment="power channel, policies, priority"),
    sa.Column("until_at", sa.BigInteger, comment="its timer; null: none runs"),
    sa.Column("then", sa.JSON(none_as_null=True), comment="the state it takes when its timer ends"),
    sa.UniqueConstraint("device_id", "field"),
)

scene = sa.Table(
    "scene",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("steps", sa.JSON, nullable=False, comment="[output id, state, seconds or null] in order"),
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("timing", sa.JSON, nullable=False),
    sa.Column("action", sa.JSON, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("done_until", sa.BigInteger, nullable=False, comment="occurrences up to this instant are dealt with"),
)

load_limit = sa.Table(
    "load_limit",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("channel_id", Id, sa.ForeignKey("channel.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("shed", sa.JSON, nullable=False, comment="[output id, state before] in the order they were shed"),
)

device_address = sa.Table(
    "device_address",
    metadata,
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("address", sa.Text, nullable=False, comment="host or host:port of a device that is asked, not heard"),
)
