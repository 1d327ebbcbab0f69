"""The tables of recordings and what belongs to them. Instants are int64 UTC microseconds."""

import sqlalchemy as sa

from ohmstead.database.schema import metadata
from ohmstead.storage.tables import Id

subject_group = sa.Table(
    "subject_group",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("note", sa.Text, nullable=False),
)

subject = sa.Table(
    "subject",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("pseudonym", sa.Text, nullable=False, unique=True),
    sa.Column("body_mass_kg", sa.Float, comment="null: not known, never zero"),
    sa.Column("consent", sa.Text, nullable=False, comment="what was agreed to, and when"),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("deleted_at", sa.BigInteger, comment="in its undo time when set"),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("group_id", Id, sa.ForeignKey("subject_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("subject_id", Id, sa.ForeignKey("subject.id", ondelete="CASCADE"), primary_key=True, index=True),
)

recording = sa.Table(
    "recording",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False, comment="name of its analysis: imtp, span"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("subject_id", Id, sa.ForeignKey("subject.id", ondelete="SET NULL")),
    sa.Column("protocol", sa.Text, nullable=False),
    sa.Column("rig", sa.Text, nullable=False, comment="plate or inline"),
    sa.Column("posture", sa.Text, nullable=False),
    sa.Column("body_mass_kg", sa.Float, comment="on that day"),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("channels", sa.JSON, nullable=False, comment="[channel id] in the order shown"),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger, comment="null: trials may be added"),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("deleted_at", sa.BigInteger, comment="in its undo time when set"),
    sa.Index("ix_recording_started_at", "started_at"),
    sa.Index("ix_recording_kind", "kind", "started_at"),
    sa.Index("ix_recording_subject_id", "subject_id", "started_at"),
)

# Whose data a recording holds: who may not see one of these devices does not see the recording.
recording_device = sa.Table(
    "recording_device",
    metadata,
    sa.Column("recording_id", Id, sa.ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("device_id", Id, sa.ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, index=True),
)

trial = sa.Table(
    "trial",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("recording_id", Id, sa.ForeignKey("recording.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("trigger", sa.JSON, nullable=False, comment="what starts and ends it"),
    sa.Column("asked_at", sa.BigInteger, nullable=False),
    sa.Column("t0", sa.BigInteger, comment="first instant that belongs to it, pre-roll included"),
    sa.Column("t1", sa.BigInteger, comment="first instant that does not"),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("ended_by", sa.Text, nullable=False),
    sa.Column("accepted", sa.Boolean, comment="null: nobody judged it"),
    sa.Column("reason", sa.Text, nullable=False, comment="why it was accepted or not"),
    sa.Column("missing", sa.JSON, nullable=False, comment="[{kind, channel or device, t0, t1, detail}]"),
    sa.Column("quality", sa.JSON, nullable=False, comment="by channel: count, rate, jitter, gaps"),
    sa.Column("calibrations", sa.JSON, nullable=False, comment="by channel: the calibration it was measured with"),
    sa.Column("clock", sa.JSON, nullable=False, comment="by device: [ms of its own clock, instant] to go between"),
    sa.Column("file_bytes", sa.BigInteger, comment="size of its file at the door of system 002"),
    sa.Column("deleted_at", sa.BigInteger, comment="in its undo time when set"),
    sa.UniqueConstraint("recording_id", "number"),
    sa.Index("ix_trial_asked_at", "asked_at"),
    sa.Index("ix_trial_state", "state"),
)

# Samples of a trial whose raw series was let go of: kept for as long as the trial.
kept_samples = sa.Table(
    "kept_samples",
    metadata,
    sa.Column("trial_id", Id, sa.ForeignKey("trial.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("channel_id", Id, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("codec", sa.SmallInteger, nullable=False),
    sa.Column("times", sa.LargeBinary, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

calibration = sa.Table(
    "calibration",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("channel_id", Id, sa.ForeignKey("channel.id", ondelete="CASCADE"), nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("fit", sa.JSON, nullable=False, comment="gain, offset, residuals as the analysis computed them"),
    sa.Column("points", sa.JSON, nullable=False, comment="what it was computed from"),
    sa.Column("temperature_c", sa.Float),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("withdrawn_at", sa.BigInteger, comment="no longer used for new trials"),
    sa.Index("ix_calibration_channel_id", "channel_id", "created_at"),
)

analysis_run = sa.Table(
    "analysis_run",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("trial_id", Id, sa.ForeignKey("trial.id", ondelete="CASCADE"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="1, 2, 3 … of its trial; none replaces another"),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("calibrations", sa.JSON, nullable=False, comment="by channel: the calibration it was computed with"),
    sa.Column("result", sa.JSON, nullable=False),
    sa.UniqueConstraint("trial_id", "version"),
)
