"""Users and their sessions."""

from typing import Any

import sqlalchemy as sa

from ohmstead.domain.access import Role
from ohmstead.domain.person import Session, User
from ohmstead.storage.tables import assignment, session, user


def _user(row: Any) -> User:
    return User(row.id, row.username, Role(row.role), row.password_hash, row.created_at)


def all_users(connection: sa.Connection) -> list[User]:
    return [_user(row) for row in connection.execute(sa.select(user).order_by(user.c.id))]


def insert_user(connection: sa.Connection, new: User) -> None:
    connection.execute(
        sa.insert(user).values(
            id=new.id,
            username=new.username,
            password_hash=new.password_hash,
            role=new.role,
            created_at=new.created_at,
        )
    )


def update_user(connection: sa.Connection, user_id: int, **values: Any) -> None:
    connection.execute(sa.update(user).where(user.c.id == user_id).values(**values))


def delete_user(connection: sa.Connection, user_id: int) -> None:
    connection.execute(sa.delete(assignment).where(assignment.c.user_id == user_id))
    connection.execute(sa.delete(session).where(session.c.user_id == user_id))
    connection.execute(sa.delete(user).where(user.c.id == user_id))


def all_sessions(connection: sa.Connection, now: int) -> list[Session]:
    rows = connection.execute(sa.select(session).where(session.c.expires_at > now))
    return [Session(row.digest, row.user_id, row.created_at, row.expires_at, row.agent) for row in rows]


def insert_session(connection: sa.Connection, new: Session) -> None:
    connection.execute(
        sa.insert(session).values(
            digest=new.digest,
            user_id=new.user_id,
            created_at=new.created_at,
            expires_at=new.expires_at,
            agent=new.agent,
        )
    )


def delete_session(connection: sa.Connection, digest: str) -> None:
    connection.execute(sa.delete(session).where(session.c.digest == digest))


def delete_expired(connection: sa.Connection, now: int) -> None:
    connection.execute(sa.delete(session).where(session.c.expires_at <= now))


def assignments(connection: sa.Connection) -> list[tuple[int, int, str]]:
    """(device, user, role on it): who may see what beside admins and operators."""
    rows = connection.execute(sa.select(assignment.c.device_id, assignment.c.user_id, assignment.c.role))
    return [(row.device_id, row.user_id, row.role) for row in rows]


def assign(connection: sa.Connection, device_id: int, user_id: int, role: str) -> None:
    unassign(connection, device_id, user_id)
    connection.execute(sa.insert(assignment).values(device_id=device_id, user_id=user_id, role=role))


def unassign(connection: sa.Connection, device_id: int, user_id: int) -> None:
    pair = (assignment.c.device_id == device_id, assignment.c.user_id == user_id)
    connection.execute(sa.delete(assignment).where(*pair))
