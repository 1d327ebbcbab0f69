"""Commands."""

from typing import Any

import sqlalchemy as sa

from ohmstead.domain.command import LEGAL, Command, CommandState
from ohmstead.storage.tables import command

OPEN = [state.value for state in CommandState if LEGAL[state]]


def _command(row: Any) -> Command:
    return Command(
        row.id,
        row.device_id,
        row.name,
        row.args,
        row.actor,
        row.reason,
        row.created_at,
        row.expires_at,
        CommandState(row.state),
        row.changed_at,
        row.detail,
        row.request_id,
    )


def load_open(connection: sa.Connection) -> list[Command]:
    """Every command that has not ended, in order of issue."""
    query = sa.select(command).where(command.c.state.in_(OPEN)).order_by(command.c.id)
    return [_command(row) for row in connection.execute(query)]


def newest_id(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(command.c.id))).scalar() or 0


def of_device(connection: sa.Connection, device: int, limit: int, before: int | None) -> list[Command]:
    """Newest first."""
    query = sa.select(command).where(command.c.device_id == device).order_by(command.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(command.c.id < before)
    return [_command(row) for row in connection.execute(query)]


def asked_before(connection: sa.Connection, device: int, request_id: str) -> Command | None:
    query = sa.select(command).where(command.c.device_id == device, command.c.request_id == request_id)
    row = connection.execute(query).first()
    return None if row is None else _command(row)


def insert(connection: sa.Connection, new: Command) -> None:
    connection.execute(
        sa.insert(command).values(
            id=new.id,
            device_id=new.device,
            name=new.name,
            args=dict(new.args),
            actor=new.actor,
            reason=new.reason,
            created_at=new.created_at,
            expires_at=new.expires_at,
            state=new.state.value,
            changed_at=new.changed_at,
            detail=new.detail,
            request_id=new.request_id,
        )
    )


def update(connection: sa.Connection, changed: Command) -> None:
    connection.execute(
        sa.update(command)
        .where(command.c.id == changed.id)
        .values(state=changed.state.value, changed_at=changed.changed_at, detail=changed.detail)
    )


def forget(connection: sa.Connection, before: int) -> None:
    """Remove what ended before an instant."""
    connection.execute(sa.delete(command).where(command.c.changed_at < before, command.c.state.not_in(OPEN)))
