"""Releases and the keys that may sign them."""

from typing import Any

import sqlalchemy as sa

from ohmstead.domain.release import Channel, Kind, Release, ReleaseFile, TrustedKey
from ohmstead.domain.signing import PublicKey
from ohmstead.storage.update_tables import release, release_key


def load(connection: sa.Connection) -> list[Release]:
    return [_release(row) for row in connection.execute(sa.select(release).order_by(release.c.id))]


def _release(row: Any) -> Release:
    kind, files = Kind(row.kind), tuple(ReleaseFile(*one) for one in row.files)
    return Release(
        id=row.id,
        kind=kind,
        version=row.version,
        boards=tuple(row.boards),
        sha256=row.sha256 if kind is Kind.BUNDLE else files[0].sha256,
        files=files,
        signature=row.signature,
        key_id=row.key_id,
        min_loader=row.min_loader,
        channel=Channel(row.channel),
        notes=row.notes,
        added_by=row.added_by,
        added_at=row.added_at,
        withdrawn_at=row.withdrawn_at,
    )


def insert(connection: sa.Connection, new: Release) -> None:
    connection.execute(sa.insert(release).values(_row(new)))


def renew(connection: sa.Connection, new: Release) -> None:
    """Everything of it as it is now."""
    connection.execute(sa.update(release).where(release.c.id == new.id).values(_row(new)))


def _row(one: Release) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "version": one.version,
        "boards": list(one.boards),
        "sha256": one.identity,
        "files": [[file.path, file.size, file.sha256] for file in one.files],
        "signature": one.signature,
        "key_id": one.key_id,
        "min_loader": one.min_loader,
        "channel": one.channel.value,
        "notes": one.notes,
        "added_by": one.added_by,
        "added_at": one.added_at,
        "withdrawn_at": one.withdrawn_at,
    }


def update(connection: sa.Connection, release_id: int, **values: object) -> None:
    connection.execute(sa.update(release).where(release.c.id == release_id).values(**values))


def keys(connection: sa.Connection) -> list[TrustedKey]:
    return [
        TrustedKey(PublicKey.parse(row.n), row.name, row.added_by, row.added_at, row.revoked_by, row.revoked_at)
        for row in connection.execute(sa.select(release_key).order_by(release_key.c.added_at))
    ]


def put_key(connection: sa.Connection, key: TrustedKey) -> None:
    """Keep it in the place of what was there."""
    connection.execute(sa.delete(release_key).where(release_key.c.id == key.key.id))
    connection.execute(
        sa.insert(release_key).values(
            id=key.key.id,
            name=key.name,
            n=key.key.hexadecimal,
            added_by=key.added_by,
            added_at=key.added_at,
            revoked_by=key.revoked_by,
            revoked_at=key.revoked_at,
        )
    )
