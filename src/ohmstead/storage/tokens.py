"""Machine credentials."""

from typing import Any

import sqlalchemy as sa

from ohmstead.database.often import Often
from ohmstead.domain.person import Token
from ohmstead.storage.tables import token

_TOUCH = Often(sa.update(token).where(token.c.id == sa.bindparam("which")).values(last_used_at=sa.bindparam("at")))


def _token(row: Any) -> Token:
    return Token(
        row.id,
        row.digest,
        row.name,
        tuple(row.scopes),
        tuple(row.topics),
        row.device_id,
        row.created_at,
        row.expires_at,
        row.last_used_at,
    )


def load(connection: sa.Connection) -> list[Token]:
    return [_token(row) for row in connection.execute(sa.select(token).order_by(token.c.id))]


def insert(connection: sa.Connection, new: Token) -> None:
    connection.execute(
        sa.insert(token).values(
            id=new.id,
            digest=new.digest,
            name=new.name,
            scopes=list(new.scopes),
            topics=list(new.topics),
            device_id=new.device_id,
            created_at=new.created_at,
            expires_at=new.expires_at,
        )
    )


def delete(connection: sa.Connection, token_id: int) -> None:
    connection.execute(sa.delete(token).where(token.c.id == token_id))


def delete_of_device(connection: sa.Connection, device_id: int) -> None:
    connection.execute(sa.delete(token).where(token.c.device_id == device_id))


def rehome(connection: sa.Connection, old: int, new: int) -> None:
    connection.execute(sa.update(token).where(token.c.device_id == old).values(device_id=new))


def touch(connection: sa.Connection, used: dict[int, int]) -> None:
    """Note when tokens were last used: {token id: instant}."""
    if used:
        _TOUCH(connection, [{"which": token_id, "at": at} for token_id, at in used.items()])
