"""Results of analyses: versions beside each other, none replaces another."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ohmstead.domain.recording import Run, Wanted
from ohmstead.storage.recording_tables import analysis_run, recording, trial
from ohmstead.storage.recordings import filtered


def _run(row: Any) -> Run:
    return Run(row.id, row.trial_id, row.version, row.created_at, row.author, row.calibrations, row.result)


def add(
    connection: sa.Connection,
    trial_id: int,
    at: int,
    author: str,
    calibrations: Mapping[str, int],
    result: Mapping[str, Any],
) -> Run:
    """The next version of this trial."""
    number = connection.execute(sa.select(sa.func.max(analysis_run.c.id))).scalar() or 0
    version = connection.execute(
        sa.select(sa.func.max(analysis_run.c.version)).where(analysis_run.c.trial_id == trial_id)
    ).scalar()
    run = Run(number + 1, trial_id, (version or 0) + 1, at, author, dict(calibrations), dict(result))
    connection.execute(
        sa.insert(analysis_run).values(
            id=run.id,
            trial_id=trial_id,
            version=run.version,
            created_at=at,
            author=author,
            calibrations=dict(calibrations),
            result=dict(result),
        )
    )
    return run


def of_trial(connection: sa.Connection, trial_id: int) -> list[Run]:
    """Newest first."""
    query = sa.select(analysis_run).where(analysis_run.c.trial_id == trial_id)
    return [_run(row) for row in connection.execute(query.order_by(analysis_run.c.version.desc()))]


def _newest() -> Any:
    newest = sa.select(analysis_run.c.trial_id, sa.func.max(analysis_run.c.version).label("version"))
    return newest.group_by(analysis_run.c.trial_id)


def newest_of(connection: sa.Connection, trials: Sequence[int]) -> dict[int, Run]:
    """trial → its newest run; trials that were never analysed are absent."""
    newest = _newest().where(analysis_run.c.trial_id.in_(trials)).subquery()
    query = sa.select(analysis_run).join(
        newest, sa.and_(newest.c.trial_id == analysis_run.c.trial_id, newest.c.version == analysis_run.c.version)
    )
    return {row.trial_id: _run(row) for row in connection.execute(query)}


def newest_accepted(
    connection: sa.Connection, wanted: Wanted, limit: int
) -> list[tuple[int | None, int, int, bool | None, Run]]:
    """(subject, recording, started_at, accepted, newest run) of trials that nobody rejected, oldest recording first."""
    newest = _newest().subquery()
    query = (
        sa.select(
            analysis_run,
            recording.c.subject_id,
            recording.c.id.label("recording_id"),
            recording.c.started_at,
            trial.c.accepted,
        )
        .join(newest, sa.and_(newest.c.trial_id == analysis_run.c.trial_id, newest.c.version == analysis_run.c.version))
        .join(trial, trial.c.id == analysis_run.c.trial_id)
        .join(recording, recording.c.id == trial.c.recording_id)
        .where(trial.c.deleted_at.is_(None), trial.c.accepted.is_not(False))
    )
    query = filtered(query, wanted).order_by(recording.c.started_at.desc(), trial.c.number.desc()).limit(limit)
    rows = connection.execute(query).all()
    return [(row.subject_id, row.recording_id, row.started_at, row.accepted, _run(row)) for row in reversed(rows)]


def trim(connection: sa.Connection, trial_id: int, most: int) -> None:
    """Of very many runs, the first and the newest ones stay."""
    versions = list(
        connection.scalars(
            sa.select(analysis_run.c.version)
            .where(analysis_run.c.trial_id == trial_id, analysis_run.c.version > 1)
            .order_by(analysis_run.c.version.desc())
            .offset(most - 1)
        )
    )
    if versions:
        connection.execute(
            sa.delete(analysis_run).where(analysis_run.c.trial_id == trial_id, analysis_run.c.version.in_(versions))
        )
