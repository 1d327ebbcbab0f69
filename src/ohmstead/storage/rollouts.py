"""Rollouts, their installations, and what happened to each of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from ohmstead.database.often import Often
from ohmstead.domain.installation import LEGAL, Happened, Health, Installation, InstallationState, Patience
from ohmstead.domain.rollout import Rollout, RolloutState, Terms, Window
from ohmstead.storage.update_tables import installation, installation_event, rollout

ENDED = [state.value for state in InstallationState if not LEGAL[state]]

# Made once: a rollout over a fleet executes them many times a second, and samples wait meanwhile.
_UPDATE_INSTALLATION = Often(
    sa.update(installation)
    .where(installation.c.rollout_id == sa.bindparam("r"), installation.c.device_id == sa.bindparam("d"))
    .values({c.name: sa.bindparam(c.name) for c in installation.c if c.name not in ("rollout_id", "device_id")})
)
_UPDATE_ROLLOUT = Often(
    sa.update(rollout)
    .where(rollout.c.id == sa.bindparam("r"))
    .values({c.name: sa.bindparam(c.name) for c in rollout.c if c.name != "id"})
)
_OF_IT = (installation_event.c.rollout_id == sa.bindparam("r")) & (installation_event.c.device_id == sa.bindparam("d"))
_NEXT_NUMBER = sa.select(sa.func.coalesce(sa.func.max(installation_event.c.number) + 1, 0)).where(_OF_IT)
_ADD_LINE = Often(
    sa.insert(installation_event).from_select(
        [c.name for c in installation_event.c],
        sa.select(
            installation.c.rollout_id,
            installation.c.device_id,
            _NEXT_NUMBER.scalar_subquery(),
            sa.bindparam("instant", type_=sa.BigInteger),
            sa.bindparam("became", type_=sa.Text),
            sa.bindparam("told", type_=sa.Text),
        ).where(installation.c.rollout_id == sa.bindparam("r"), installation.c.device_id == sa.bindparam("d")),
    )
)


def load(connection: sa.Connection) -> list[Rollout]:
    return [_rollout(row) for row in connection.execute(sa.select(rollout).order_by(rollout.c.id))]


def _rollout(row: Any) -> Rollout:
    return Rollout(
        row.id,
        row.release_id,
        row.author,
        row.created_at,
        RolloutState(row.state),
        _terms(row.terms),
        tuple(row.sizes),
        row.wave,
        row.reason,
        row.changed_at,
        row.clock,
        row.looked_at,
        row.undoes,
    )


def _terms(told: Mapping[str, Any]) -> Terms:
    window = told["window"]
    return Terms(
        **{
            **told,
            "waves": tuple(told["waves"]),
            "patience": Patience(**told["patience"]),
            "window": None if window is None else Window(**window),
        }
    )


def insert(connection: sa.Connection, new: Rollout, installations: Sequence[Installation]) -> None:
    connection.execute(sa.insert(rollout).values(_row(new)))
    if installations:
        connection.execute(sa.insert(installation), [_installation_row(one) for one in installations])


def update(connection: sa.Connection, changed: Rollout) -> None:
    row = _row(changed)
    _UPDATE_ROLLOUT(connection, [{"r": row.pop("id"), **row}])


def _row(one: Rollout) -> dict[str, Any]:
    return {
        "id": one.id,
        "release_id": one.release,
        "author": one.author,
        "created_at": one.created_at,
        "state": one.state.value,
        "terms": asdict(one.terms),
        "sizes": list(one.sizes),
        "wave": one.wave,
        "reason": one.reason,
        "changed_at": one.changed_at,
        "clock": one.clock,
        "looked_at": one.looked_at,
        "undoes": one.undoes,
    }


def installations(connection: sa.Connection, rollout_ids: Sequence[int] | None = None) -> list[Installation]:
    """Of these rollouts, in order of their turn; with None, all that have not ended."""
    query = sa.select(installation)
    if rollout_ids is None:
        query = query.where(installation.c.state.not_in(ENDED))
    else:
        query = query.where(installation.c.rollout_id.in_(rollout_ids))
    order = (installation.c.rollout_id, installation.c.wave, installation.c.device_id)
    return [_installation(row) for row in connection.execute(query.order_by(*order))]


def of_device(connection: sa.Connection, device: int, limit: int) -> list[Installation]:
    """Newest rollout first."""
    query = sa.select(installation).where(installation.c.device_id == device)
    query = query.order_by(installation.c.rollout_id.desc()).limit(limit)
    return [_installation(row) for row in connection.execute(query)]


def _installation(row: Any) -> Installation:
    return Installation(
        row.rollout_id,
        row.device_id,
        row.wave,
        InstallationState(row.state),
        row.from_version,
        row.to_version,
        row.progress,
        row.reason,
        row.changed_at,
        row.since,
        row.absent_since,
        row.healthy_since,
        None if row.before is None else Health(**row.before),
        row.heard,
        row.downgrade,
    )


def _installation_row(one: Installation) -> dict[str, Any]:
    before = one.before
    return {
        "rollout_id": one.rollout,
        "device_id": one.device,
        "wave": one.wave,
        "state": one.state.value,
        "from_version": one.from_version,
        "to_version": one.to_version,
        "progress": one.progress,
        "reason": one.reason,
        "changed_at": one.changed_at,
        "since": one.since,
        "absent_since": one.absent_since,
        "healthy_since": one.healthy_since,
        "before": None if before is None else asdict(before),
        "heard": one.heard,
        "downgrade": one.downgrade,
    }


def update_installations(connection: sa.Connection, changed: Iterable[Installation]) -> None:
    rows = [{"r": one.rollout, "d": one.device, **_installation_row(one)} for one in changed]
    for row in rows:
        del row["rollout_id"], row["device_id"]
    if rows:
        _UPDATE_INSTALLATION(connection, rows)


def stored(changed: Sequence[Installation], events: Sequence[Happened]) -> Callable[[sa.Connection], None]:
    """What stores steps, for the transaction of something else."""

    def write(connection: sa.Connection) -> None:
        update_installations(connection, changed)
        record(connection, events)

    return write


def record(connection: sa.Connection, events: Sequence[Happened]) -> None:
    """Append lines; of a device that is gone meanwhile nothing is kept."""
    rows = [{"r": e.rollout, "d": e.device, "instant": e.at, "became": e.state, "told": e.detail} for e in events]
    if rows:
        _ADD_LINE(connection, rows)


def timeline(connection: sa.Connection, rollout_id: int, device: int) -> list[Happened]:
    query = sa.select(installation_event).where(
        installation_event.c.rollout_id == rollout_id, installation_event.c.device_id == device
    )
    return [
        Happened(row.rollout_id, row.device_id, row.at, row.state, row.detail)
        for row in connection.execute(query.order_by(installation_event.c.number))
    ]
