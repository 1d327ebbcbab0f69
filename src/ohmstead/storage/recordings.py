"""Recordings, their trials, and samples kept for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.domain.recording import OPEN, Missing, Recording, Rig, Trial, TrialState, Trigger, Wanted
from ohmstead.storage.recording_tables import kept_samples, membership, recording, recording_device, trial

# Every trial of a list is read whole but for its clock, the largest thing about it.
_LISTED: Final = [column for column in trial.columns if column.name != "clock"]


def newest_ids(connection: sa.Connection) -> tuple[int, int]:
    """(recording, trial)."""
    newest = sa.select(sa.func.max(recording.c.id)), sa.select(sa.func.max(trial.c.id))
    recordings, trials = (connection.execute(query).scalar() or 0 for query in newest)
    return recordings, trials


def _recording(row: Any) -> Recording:
    return Recording(
        row.id,
        row.kind,
        row.name,
        tuple(row.channels),
        row.started_at,
        row.author,
        row.subject_id,
        row.protocol,
        Rig(row.rig),
        row.posture,
        row.body_mass_kg,
        row.note,
        row.ended_at,
        row.deleted_at,
    )


def _trial(row: Any) -> Trial:
    return Trial(
        row.id,
        row.recording_id,
        row.number,
        TrialState(row.state),
        Trigger(**row.trigger),
        row.asked_at,
        row.started_by,
        row.t0,
        row.t1,
        row.ended_by,
        row.accepted,
        row.reason,
        tuple(Missing(**one) for one in row.missing),
        row.quality,
        row.calibrations,
        getattr(row, "clock", {}),
        row.file_bytes,
        row.deleted_at,
    )


def filtered(query: Any, wanted: Wanted) -> Any:
    """`query`, which has recordings in it, without those that are deleted or not wanted."""
    query = query.where(recording.c.deleted_at.is_(None))
    if wanted.subject is not None:
        query = query.where(recording.c.subject_id == wanted.subject)
    if wanted.group is not None:
        members = sa.select(membership.c.subject_id).where(membership.c.group_id == wanted.group)
        query = query.where(recording.c.subject_id.in_(members))
    if wanted.kind is not None:
        query = query.where(recording.c.kind == wanted.kind)
    if wanted.start is not None:
        query = query.where(recording.c.started_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(recording.c.started_at < wanted.end)
    if wanted.devices is not None:
        own = sa.select(recording_device.c.recording_id).where(recording_device.c.recording_id == recording.c.id)
        query = query.where(own.exists(), ~own.where(recording_device.c.device_id.not_in(wanted.devices)).exists())
    return query


def recordings(
    connection: sa.Connection, wanted: Wanted, limit: int, before: tuple[int, int] | None
) -> list[Recording]:
    """Newest first; `before` is (started_at, id) of the last one seen."""
    query = filtered(sa.select(recording), wanted)
    if before is not None:
        query = query.where(sa.tuple_(recording.c.started_at, recording.c.id) < sa.tuple_(*before))
    query = query.order_by(recording.c.started_at.desc(), recording.c.id.desc()).limit(limit)
    return [_recording(row) for row in connection.execute(query)]


def trials(connection: sa.Connection, wanted: Wanted, limit: int, before: tuple[int, int] | None) -> list[Trial]:
    """The same for trials: newest first, by (asked_at, id); without their clocks, which only files need."""
    # First which ones, by narrow rows: whatever has to be sorted is small.
    query = filtered(sa.select(trial.c.id).join(recording, recording.c.id == trial.c.recording_id), wanted)
    query = query.where(trial.c.deleted_at.is_(None))
    if wanted.asked is not None:
        query = query.where(trial.c.asked_at >= wanted.asked[0], trial.c.asked_at < wanted.asked[1])
    if before is not None:
        query = query.where(sa.tuple_(trial.c.asked_at, trial.c.id) < sa.tuple_(*before))
    ids = list(connection.scalars(query.order_by(trial.c.asked_at.desc(), trial.c.id.desc()).limit(limit)))
    chosen = sa.select(*_LISTED).where(trial.c.id.in_(ids)).order_by(trial.c.asked_at.desc(), trial.c.id.desc())
    return [_trial(row) for row in connection.execute(chosen)]


def get(connection: sa.Connection, recording_id: int) -> Recording | None:
    row = connection.execute(sa.select(recording).where(recording.c.id == recording_id)).first()
    return None if row is None else _recording(row)


def by_ids(connection: sa.Connection, ids: Collection[int]) -> list[Recording]:
    return [_recording(row) for row in connection.execute(sa.select(recording).where(recording.c.id.in_(ids)))]


def get_trial(connection: sa.Connection, trial_id: int) -> Trial | None:
    row = connection.execute(sa.select(trial).where(trial.c.id == trial_id)).first()
    return None if row is None else _trial(row)


def devices_of(connection: sa.Connection, recording_id: int) -> list[int]:
    query = sa.select(recording_device.c.device_id).where(recording_device.c.recording_id == recording_id)
    return list(connection.scalars(query))


def trials_of(connection: sa.Connection, recording_ids: Sequence[int]) -> list[Trial]:
    """Of these recordings, deleted ones too; ascending."""
    query = (
        sa.select(trial).where(trial.c.recording_id.in_(recording_ids)).order_by(trial.c.recording_id, trial.c.number)
    )
    return [_trial(row) for row in connection.execute(query)]


def counts(connection: sa.Connection, recording_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """recording → (trials that were done, of them accepted)."""
    query = (
        sa.select(
            trial.c.recording_id,
            sa.func.count(),
            sa.func.sum(sa.case((trial.c.accepted.is_(True), 1), else_=0)),
        )
        .where(trial.c.recording_id.in_(recording_ids), trial.c.deleted_at.is_(None))
        .where(trial.c.state == TrialState.DONE.value)
        .group_by(trial.c.recording_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}


def open_trials(connection: sa.Connection) -> list[Trial]:
    query = sa.select(trial).where(trial.c.state.in_([state.value for state in OPEN]), trial.c.deleted_at.is_(None))
    return [_trial(row) for row in connection.execute(query.order_by(trial.c.id))]


def _recording_values(one: Recording) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "subject_id": one.subject,
        "protocol": one.protocol,
        "rig": one.rig.value,
        "posture": one.posture,
        "body_mass_kg": one.body_mass_kg,
        "note": one.note,
        "channels": list(one.channels),
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "author": one.author,
        "deleted_at": one.deleted_at,
    }


def insert(connection: sa.Connection, one: Recording, devices: Sequence[int]) -> None:
    connection.execute(sa.insert(recording).values(id=one.id, **_recording_values(one)))
    connection.execute(sa.insert(recording_device), [{"recording_id": one.id, "device_id": d} for d in devices])


def update(connection: sa.Connection, one: Recording) -> None:
    connection.execute(sa.update(recording).where(recording.c.id == one.id).values(**_recording_values(one)))


def _found(one: Trial) -> dict[str, Any]:
    return {
        "missing": [m.to_json() for m in one.missing],
        "quality": {channel: dict(q) for channel, q in one.quality.items()},
        "clock": dict(one.clock),
        "file_bytes": one.file_bytes,
    }


def put_found(connection: sa.Connection, one: Trial) -> None:
    """What its samples show; what people think of it stays as it is."""
    connection.execute(sa.update(trial).where(trial.c.id == one.id).values(**_found(one)))


def put_trial(connection: sa.Connection, one: Trial) -> None:
    values = _found(one) | {
        "recording_id": one.recording,
        "number": one.number,
        "state": one.state.value,
        "trigger": one.trigger.to_json(),
        "asked_at": one.asked_at,
        "t0": one.t0,
        "t1": one.t1,
        "started_by": one.started_by,
        "ended_by": one.ended_by,
        "accepted": one.accepted,
        "reason": one.reason,
        "calibrations": dict(one.calibrations),
        "deleted_at": one.deleted_at,
    }
    changed = connection.execute(sa.update(trial).where(trial.c.id == one.id).values(**values))
    if not changed.rowcount:
        connection.execute(sa.insert(trial).values(id=one.id, **values))


def deleted_before(connection: sa.Connection, at: int) -> tuple[list[int], list[int]]:
    """(recordings, trials) whose undo time is over."""
    whole = list(connection.scalars(sa.select(recording.c.id).where(recording.c.deleted_at <= at)))
    single = list(connection.scalars(sa.select(trial.c.id).where(trial.c.deleted_at <= at)))
    return whole, single


def delete(connection: sa.Connection, recordings: Sequence[int], trials: Sequence[int]) -> None:
    """For good. The samples stay in their series, for as long as the channel keeps any."""
    if recordings:
        connection.execute(sa.delete(recording).where(recording.c.id.in_(recordings)))
    if trials:
        connection.execute(sa.delete(trial).where(trial.c.id.in_(trials)))


# Samples of trials whose series let go of them


@dataclass(frozen=True, slots=True)
class Kept:
    """One channel of one trial, encoded."""

    trial: int
    channel: int
    n: int
    codec: int
    times: bytes
    data: bytes


def spans_before(
    connection: sa.Connection, channel: int, device: int, before: int
) -> list[tuple[int, int, int | None]]:
    """(trial, t0, t1) of trials with this channel that begin before an instant and have nothing kept of it yet."""
    kept = sa.select(kept_samples.c.trial_id).where(
        kept_samples.c.trial_id == trial.c.id, kept_samples.c.channel_id == channel
    )
    query = (
        sa.select(trial.c.id, trial.c.t0, trial.c.t1, recording.c.channels)
        .join(recording, recording.c.id == trial.c.recording_id)
        .join(recording_device, recording_device.c.recording_id == recording.c.id)
        .where(recording_device.c.device_id == device, trial.c.t0 < before, ~kept.exists())
        .where(recording.c.deleted_at.is_(None), trial.c.deleted_at.is_(None))
        .order_by(trial.c.t0)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query) if channel in row[3]]


def keep(connection: sa.Connection, one: Kept) -> None:
    connection.execute(
        sa.insert(kept_samples).values(
            trial_id=one.trial, channel_id=one.channel, n=one.n, codec=one.codec, times=one.times, data=one.data
        )
    )


def kept(connection: sa.Connection, trial_id: int, channel: int) -> Kept | None:
    row = connection.execute(
        sa.select(kept_samples).where(kept_samples.c.trial_id == trial_id, kept_samples.c.channel_id == channel)
    ).first()
    return None if row is None else Kept(row.trial_id, row.channel_id, row.n, row.codec, row.times, row.data)


def subjects(connection: sa.Connection, wanted: Wanted) -> list[int]:
    """Who was recorded in these recordings."""
    query = filtered(sa.select(recording.c.subject_id).distinct(), wanted)
    return list(connection.scalars(query.where(recording.c.subject_id.is_not(None))))


def done_since(connection: sa.Connection, asked: int) -> list[Trial]:
    query = sa.select(trial).where(trial.c.state == TrialState.DONE.value, trial.c.asked_at >= asked)
    return [_trial(row) for row in connection.execute(query.where(trial.c.deleted_at.is_(None)))]


def open_recordings(connection: sa.Connection) -> list[Recording]:
    query = sa.select(recording).where(recording.c.ended_at.is_(None), recording.c.deleted_at.is_(None))
    return [_recording(row) for row in connection.execute(query.order_by(recording.c.id))]


def next_number(connection: sa.Connection, recording_id: int) -> int:
    newest = sa.select(sa.func.max(trial.c.number)).where(trial.c.recording_id == recording_id)
    return (connection.execute(newest).scalar() or 0) + 1
