"""Invitations that wait to be accepted."""

from typing import Any

import sqlalchemy as sa

from ohmstead.domain.access import Role
from ohmstead.domain.person import Invitation
from ohmstead.storage.tables import invitation


def _invitation(row: Any) -> Invitation:
    return Invitation(
        row.digest, Role(row.role), tuple(row.devices), row.note, row.inviter, row.created_at, row.expires_at
    )


def insert(connection: sa.Connection, new: Invitation) -> None:
    connection.execute(
        sa.insert(invitation).values(
            digest=new.digest,
            role=new.role,
            devices=list(new.devices),
            note=new.note,
            inviter=new.inviter,
            created_at=new.created_at,
            expires_at=new.expires_at,
        )
    )


def valid(connection: sa.Connection, now: int) -> list[Invitation]:
    rows = connection.execute(
        sa.select(invitation).where(invitation.c.expires_at > now).order_by(invitation.c.created_at.desc())
    )
    return [_invitation(row) for row in rows]


def take(connection: sa.Connection, digest: str, now: int) -> Invitation | None:
    """Remove the invitation and return it, if it is still valid."""
    row = connection.execute(sa.select(invitation).where(invitation.c.digest == digest)).first()
    connection.execute(sa.delete(invitation).where((invitation.c.digest == digest) | (invitation.c.expires_at <= now)))
    return _invitation(row) if row is not None and row.expires_at > now else None
