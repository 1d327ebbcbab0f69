"""Subjects and their groups."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ohmstead.domain.subject import Group, Subject
from ohmstead.storage.recording_tables import membership, subject, subject_group


def load_groups(connection: sa.Connection) -> list[Group]:
    rows = connection.execute(sa.select(subject_group).order_by(subject_group.c.id))
    return [Group(row.id, row.name, row.note) for row in rows]


def put_group(connection: sa.Connection, one: Group) -> None:
    values = {"name": one.name, "note": one.note}
    changed = connection.execute(sa.update(subject_group).where(subject_group.c.id == one.id).values(**values))
    if not changed.rowcount:
        connection.execute(sa.insert(subject_group).values(id=one.id, **values))


def delete_group(connection: sa.Connection, group_id: int) -> None:
    connection.execute(sa.delete(subject_group).where(subject_group.c.id == group_id))


def load(connection: sa.Connection) -> list[Subject]:
    """All of them, those in their undo time too."""
    groups: dict[int, list[int]] = {}
    for row in connection.execute(sa.select(membership).order_by(membership.c.group_id)):
        groups.setdefault(row.subject_id, []).append(row.group_id)
    return [
        Subject(
            row.id,
            row.pseudonym,
            row.created_at,
            row.body_mass_kg,
            row.consent,
            row.note,
            tuple(groups.get(row.id, ())),
            row.deleted_at,
        )
        for row in connection.execute(sa.select(subject).order_by(subject.c.id))
    ]


def put(connection: sa.Connection, one: Subject) -> None:
    """Keep it, with its groups, in the place of what was there."""
    values: dict[str, Any] = {
        "pseudonym": one.pseudonym,
        "created_at": one.created_at,
        "body_mass_kg": one.body_mass_kg,
        "consent": one.consent,
        "note": one.note,
        "deleted_at": one.deleted_at,
    }
    changed = connection.execute(sa.update(subject).where(subject.c.id == one.id).values(**values))
    if not changed.rowcount:
        connection.execute(sa.insert(subject).values(id=one.id, **values))
    _set_groups(connection, one.id, one.groups)


def _set_groups(connection: sa.Connection, subject_id: int, groups: Sequence[int]) -> None:
    connection.execute(sa.delete(membership).where(membership.c.subject_id == subject_id))
    if groups:
        connection.execute(sa.insert(membership), [{"group_id": g, "subject_id": subject_id} for g in groups])


def delete(connection: sa.Connection, subject_id: int) -> None:
    """For good; recordings stay, without a subject."""
    connection.execute(sa.delete(subject).where(subject.c.id == subject_id))
