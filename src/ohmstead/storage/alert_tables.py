"""The tables of rules, alerts and notifications."""

import sqlalchemy as sa

from ohmstead.database.schema import metadata
from ohmstead.storage.tables import Id

# Notifications: where they go, and every one that is or was on its way

notification_target = sa.Table(
    "notification_target",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False, comment="name of its notifier"),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("config", sa.JSON, nullable=False, comment="the notifier's settings, secrets among them"),
    sa.Column("manner", sa.JSON, nullable=False, comment="least severity, digest, quiet hours, templates"),
    sa.Column("sent_at", sa.BigInteger, comment="last time something arrived"),
    sa.Column("failed_at", sa.BigInteger, comment="last failed attempt; null once something arrived after it"),
    sa.Column("failure", sa.Text, nullable=False, server_default=""),
)

notification = sa.Table(
    "notification",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, comment="goes with every attempt, so that a repetition is recognised"),
    sa.Column("alert_id", Id, nullable=False, comment="no foreign key: what was said outlives what it was about"),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, comment="of the event"),
    sa.Column("target_id", Id, nullable=False),
    sa.Column("target_name", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False, comment="when it is looked at next; 0: at once"),
    sa.Column("taken_at", sa.BigInteger, comment="when the deliverer first saw it"),
    sa.Column("batch", sa.Text, comment="shared by what goes as one message"),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("history", sa.JSON, nullable=False, comment="[instant, what came of it] of the newest attempts"),
    sa.UniqueConstraint("alert_id", "event", "at", "target_id"),
    sa.Index("ix_notification_state_due_at", "state", "due_at"),
    sa.Index("ix_notification_changed_at", "changed_at"),
)

# Rules, how far they are evaluated, and what they found

rule = sa.Table(
    "rule",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("builtin", sa.Text, unique=True, comment="which of the rules there are from the start; null: a person's"),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)

rule_state = sa.Table(
    "rule_state",
    metadata,
    sa.Column("rule_id", Id, sa.ForeignKey("rule.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False, comment="of a combined condition, else 0"),
    sa.Column("subject", sa.BigInteger, primary_key=True, autoincrement=False, comment="channel; device as -id"),
    sa.Column("state", sa.JSON, nullable=False, comment="as its detector keeps it, good up to the evaluated record"),
)

rhythm = sa.Table(
    "rhythm",
    metadata,
    sa.Column("channel_id", Id, sa.ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("interval_us", sa.BigInteger, nullable=False, comment="usual time between two messages"),
)

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("cause", sa.Text, nullable=False, index=True),
    sa.Column("rule_id", Id, index=True, comment="no foreign key: what was found outlives its rule"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("device_id", Id, index=True, comment="the first of its devices"),
    sa.Column("devices", sa.JSON, nullable=False, comment="whoever may not see all of them does not see the alert"),
    sa.Column("channel_id", Id, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("raised_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("noticed_at", sa.BigInteger, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("cleared_at", sa.BigInteger),
    sa.Column("acknowledged_at", sa.BigInteger),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("snoozed_until", sa.BigInteger),
    sa.Column("escalated_at", sa.BigInteger),
    sa.Column("told", sa.Boolean, nullable=False, comment="that it is raised"),
    sa.Column("tell_at", sa.BigInteger, comment="when people are to be told: the end of quiet hours, of a flapping"),
    sa.Column("details", sa.JSON(none_as_null=True), comment="for notifications"),
)

alert_transition = sa.Table(
    "alert_transition",
    metadata,
    sa.Column("alert_id", Id, sa.ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("value", sa.Double),
)

# What rules still have to do. Written with the alert, gone once it is done.
rule_action = sa.Table(
    "rule_action",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("rule_id", Id, nullable=False),
    sa.Column("alert_id", Id, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("action", sa.JSON, nullable=False),
)
