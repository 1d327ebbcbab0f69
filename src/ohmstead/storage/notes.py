"""Small facts of the installation, and the audit log."""

import sqlalchemy as sa

from ohmstead.domain.person import AuditEntry
from ohmstead.storage.tables import audit, note


def get(connection: sa.Connection, key: str) -> str | None:
    return connection.execute(sa.select(note.c.value).where(note.c.key == key)).scalar()


def put(connection: sa.Connection, key: str, value: str | None) -> None:
    """Set the note, or remove it when `value` is None."""
    connection.execute(sa.delete(note).where(note.c.key == key))
    if value is not None:
        connection.execute(sa.insert(note).values(key=key, value=value))


def record(connection: sa.Connection, entry: AuditEntry) -> None:
    newest = connection.execute(sa.select(sa.func.max(audit.c.id))).scalar() or 0
    connection.execute(
        sa.insert(audit).values(
            id=newest + 1,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
        )
    )


def audited(connection: sa.Connection, limit: int, before: int | None) -> list[tuple[int, AuditEntry]]:
    """Newest first: (id, entry)."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        (row.id, AuditEntry(row.at, row.actor, row.action, row.subject, row.detail))
        for row in connection.execute(query)
    ]
