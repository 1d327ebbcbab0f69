"""Rules, the states of their detectors, and how far they are evaluated."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from ohmstead.domain.rule import Rule, RuleBody
from ohmstead.storage import notes
from ohmstead.storage.alert_tables import rhythm, rule, rule_state
from ohmstead.storage.retired import retire

EVALUATED: Final = "rules_evaluated_upto"  # the note with the journal record

Key = tuple[int, int, int]  # rule, part, subject (a channel, or a device as its negative id)


def load(connection: sa.Connection) -> list[Rule]:
    return [
        Rule(row.id, RuleBody.from_json(row.body), row.author, row.changed_at, row.builtin)
        for row in connection.execute(sa.select(rule).order_by(rule.c.id))
    ]


def put(connection: sa.Connection, one: Rule, *, anew: bool) -> None:
    """Keep it in the place of what was there. `anew`: what its detectors know is forgotten."""
    if anew:
        connection.execute(sa.delete(rule_state).where(rule_state.c.rule_id == one.id))
    values = {"builtin": one.builtin, "body": one.body.to_json(), "author": one.author, "changed_at": one.changed_at}
    if not connection.execute(sa.update(rule).where(rule.c.id == one.id).values(**values)).rowcount:
        connection.execute(sa.insert(rule).values(id=one.id, **values))


def delete(connection: sa.Connection, rule_id: int) -> None:
    retire(connection, "rule", rule_id)
    connection.execute(sa.delete(rule_state).where(rule_state.c.rule_id == rule_id))
    connection.execute(sa.delete(rule).where(rule.c.id == rule_id))


# Progress


def states(connection: sa.Connection) -> dict[Key, Any]:
    rows = connection.execute(sa.select(rule_state))
    return {(row.rule_id, row.part, row.subject): row.state for row in rows}


def evaluated(connection: sa.Connection) -> int | None:
    """The journal record up to which the stored states are good; None before the first time."""
    value = notes.get(connection, EVALUATED)
    return None if value is None else int(value)


def progress(connection: sa.Connection, record: int, changed: Mapping[Key, Any]) -> None:
    """Note how far rules are evaluated and what their detectors know there; not of rules that are gone."""
    notes.put(connection, EVALUATED, str(record))
    if not changed:
        return
    ids = {rule_id for rule_id, _, _ in changed}
    there = set(connection.scalars(sa.select(rule.c.id).where(rule.c.id.in_(ids))))
    rows: list[dict[str, Any]] = [
        {"r": rule_id, "p": part, "s": subject, "state": state} for (rule_id, part, subject), state in changed.items()
    ]
    s = rule_state.c
    place = (s.rule_id == sa.bindparam("r")) & (s.part == sa.bindparam("p")) & (s.subject == sa.bindparam("s"))
    connection.execute(sa.delete(rule_state).where(place), [{name: row[name] for name in "rps"} for row in rows])
    kept = [
        {"rule_id": row["r"], "part": row["p"], "subject": row["s"], "state": row["state"]}
        for row in rows
        if row["state"] is not None and row["r"] in there
    ]
    if kept:
        connection.execute(sa.insert(rule_state), kept)


# Rhythms

_DELETE_RHYTHM = sa.delete(rhythm).where(rhythm.c.channel_id == sa.bindparam("which"))


def rhythms(connection: sa.Connection) -> dict[int, int]:
    """Channel to the usual time between its messages, in µs."""
    return {row.channel_id: row.interval_us for row in connection.execute(sa.select(rhythm))}


def put_rhythms(connection: sa.Connection, learned: Mapping[int, int]) -> None:
    if learned:
        connection.execute(_DELETE_RHYTHM, [{"which": channel_id} for channel_id in learned])
        rows = [{"channel_id": channel_id, "interval_us": interval_us} for channel_id, interval_us in learned.items()]
        connection.execute(sa.insert(rhythm), rows)
