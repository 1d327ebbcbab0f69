"""Recordings, subjects, calibrations, results."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "subject",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("body_mass_kg", sa.Float(), nullable=True, comment="null: not known, never zero"),
        sa.Column("consent", sa.Text(), nullable=False, comment="what was agreed to, and when"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True, comment="in its undo time when set"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_subject_pseudonym")),
    )
    op.create_table(
        "subject_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_group")),
        sa.UniqueConstraint("name", name=op.f("uq_subject_group_name")),
    )
    op.create_table(
        "membership",
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["subject_group.id"], name=op.f("fk_membership_group_id_subject_group"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_membership_subject_id_subject"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "subject_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "recording",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="name of its analysis: imtp, span"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("rig", sa.Text(), nullable=False, comment="plate or inline"),
        sa.Column("posture", sa.Text(), nullable=False),
        sa.Column("body_mass_kg", sa.Float(), nullable=True, comment="on that day"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False, comment="[channel id] in the order shown"),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True, comment="null: trials may be added"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True, comment="in its undo time when set"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_recording_subject_id_subject"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index("ix_recording_kind", ["kind", "started_at"], unique=False)
        batch_op.create_index("ix_recording_started_at", ["started_at"], unique=False)
        batch_op.create_index("ix_recording_subject_id", ["subject_id", "started_at"], unique=False)

    op.create_table(
        "calibration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("fit", sa.JSON(), nullable=False, comment="gain, offset, residuals as the analysis computed them"),
        sa.Column("points", sa.JSON(), nullable=False, comment="what it was computed from"),
        sa.Column("temperature_c", sa.Float(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True, comment="no longer used for new trials"),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_calibration_channel_id_channel"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
    )
    with op.batch_alter_table("calibration", schema=None) as batch_op:
        batch_op.create_index("ix_calibration_channel_id", ["channel_id", "created_at"], unique=False)

    op.create_table(
        "recording_device",
        sa.Column("recording_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_recording_device_device_id_device"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_recording_device_recording_id_recording"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording_id", "device_id", name=op.f("pk_recording_device")),
    )
    with op.batch_alter_table("recording_device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recording_device_device_id"), ["device_id"], unique=False)

    op.create_table(
        "trial",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("recording_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trigger", sa.JSON(), nullable=False, comment="what starts and ends it"),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("t0", sa.BigInteger(), nullable=True, comment="first instant that belongs to it, pre-roll included"),
        sa.Column("t1", sa.BigInteger(), nullable=True, comment="first instant that does not"),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True, comment="null: nobody judged it"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it was accepted or not"),
        sa.Column("missing", sa.JSON(), nullable=False, comment="[{kind, channel or device, t0, t1, detail}]"),
        sa.Column("quality", sa.JSON(), nullable=False, comment="by channel: count, rate, jitter, gaps"),
        sa.Column(
            "calibrations", sa.JSON(), nullable=False, comment="by channel: the calibration it was measured with"
        ),
        sa.Column(
            "clock", sa.JSON(), nullable=False, comment="by device: [ms of its own clock, instant] to go between"
        ),
        sa.Column("file_bytes", sa.BigInteger(), nullable=True, comment="size of its file at the door of system 002"),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True, comment="in its undo time when set"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name=op.f("fk_trial_recording_id_recording"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
        sa.UniqueConstraint("recording_id", "number", name=op.f("uq_trial_recording_id")),
    )
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.create_index("ix_trial_asked_at", ["asked_at"], unique=False)
        batch_op.create_index("ix_trial_state", ["state"], unique=False)

    op.create_table(
        "analysis_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("trial_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, 3 … of its trial; none replaces another"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column(
            "calibrations", sa.JSON(), nullable=False, comment="by channel: the calibration it was computed with"
        ),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trial.id"], name=op.f("fk_analysis_run_trial_id_trial"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis_run")),
        sa.UniqueConstraint("trial_id", "version", name=op.f("uq_analysis_run_trial_id")),
    )
    op.create_table(
        "kept_samples",
        sa.Column("trial_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trial.id"], name=op.f("fk_kept_samples_trial_id_trial"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trial_id", "channel_id", name=op.f("pk_kept_samples")),
    )
