"""Notification targets, and the outbox of what goes to them."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

import sqlalchemy as sa

from ohmstead.domain.notification import OPEN, Delivery, DeliveryState, QuietHours, Target, wants
from ohmstead.storage.alert_tables import notification, notification_target
from ohmstead.storage.retired import newest, retire

_OPEN = [state.value for state in OPEN]
ACTION = "action "  # what a rule does, as opposed to what people are told
_IDLE = [DeliveryState.WAITING.value, DeliveryState.FAILED.value]


# Targets


def load_targets(connection: sa.Connection) -> list[Target]:
    return [
        _target(row) for row in connection.execute(sa.select(notification_target).order_by(notification_target.c.id))
    ]


def outcomes(connection: sa.Connection) -> dict[int, tuple[int | None, int | None, str]]:
    """Target id to (last arrival, last failure since then, why)."""
    t = notification_target.c
    rows = connection.execute(sa.select(t.id, t.sent_at, t.failed_at, t.failure))
    return {row.id: (row.sent_at, row.failed_at, row.failure) for row in rows}


def waiting(connection: sa.Connection) -> dict[int, int]:
    """Target id to how many notifications have not arrived yet."""
    n = notification.c
    query = sa.select(n.target_id, sa.func.count()).where(n.state.in_(_OPEN)).group_by(n.target_id)
    return {row.target_id: row[1] for row in connection.execute(query)}


def put_target(connection: sa.Connection, one: Target) -> None:
    """Insert, or replace what is there but for its outcomes. What waits for it is looked at again at once."""
    values = {
        "name": one.name,
        "kind": one.kind,
        "enabled": one.enabled,
        "config": dict(one.config),
        "manner": _manner(one),
    }
    changed = connection.execute(
        sa.update(notification_target).where(notification_target.c.id == one.id).values(**values)
    )
    if not changed.rowcount:
        connection.execute(sa.insert(notification_target).values(id=one.id, **values))
    n = notification.c
    fresh = sa.and_(n.target_id == one.id, n.state == DeliveryState.WAITING.value, n.batch.is_(None))
    connection.execute(sa.update(notification).where(fresh).values(due_at=0))


def delete_target(connection: sa.Connection, target: int, now: int) -> None:
    """Remove it; what was on its way is given up, what was said stays in the history."""
    retire(connection, "notification target", target)
    connection.execute(sa.delete(notification_target).where(notification_target.c.id == target))
    n = notification.c
    connection.execute(
        sa.update(notification)
        .where(n.target_id == target, n.state.in_(_OPEN))
        .values(state=DeliveryState.GIVEN_UP.value, changed_at=now, reason="the target was removed")
    )


def note_outcome(connection: sa.Connection, target: int, now: int, failure: str | None) -> None:
    """Something arrived (None), or did not and why."""
    values: dict[str, Any] = {"sent_at": now, "failed_at": None, "failure": ""}
    if failure is not None:
        values = {"failed_at": now, "failure": failure}
    connection.execute(sa.update(notification_target).where(notification_target.c.id == target).values(**values))


def newest_target(connection: sa.Connection) -> int:
    """The highest id a target ever had."""
    highest = [sa.select(sa.func.max(notification_target.c.id)), sa.select(sa.func.max(notification.c.target_id))]
    there = max(connection.execute(query).scalar() or 0 for query in highest)
    return max(there, newest(connection, "notification target"))


def _manner(one: Target) -> dict[str, Any]:
    quiet = None if one.quiet is None else [t.isoformat("minutes") for t in (one.quiet.start, one.quiet.end)]
    return {
        "min_severity": one.min_severity,
        "digest_min": one.digest_min,
        "quiet": quiet,
        "escalation": one.escalation,
        "cleared": one.cleared,
        "title": one.title,
        "body": one.body,
    }


def _target(row: Any) -> Target:
    manner = dict(row.manner)
    quiet = manner.pop("quiet")
    hours = None if quiet is None else QuietHours(*(time.fromisoformat(t) for t in quiet))
    return Target(row.id, row.name, row.kind, row.config, row.enabled, quiet=hours, **manner)


# The outbox


def enqueue(
    connection: sa.Connection,
    *,
    alert_id: int,
    event: str,
    at_us: int,
    payload: Mapping[str, Any],
    targets: Iterable[int] | None = None,
) -> int:
    """Put one event of an alert into the outbox, for each target that wants it; how many that are.

    Call it inside the transaction that changes the alert: then the event and its notifications are on disk together
    or not at all. The same event (alert, name, instant) is taken once per target however often it is told.

    `event`: `raised`, `escalated`, `cleared`, or a word of the caller's. `targets`: ids, those that are gone are left
    out; None: every target. Each target's least severity and wishes count all the same, save for `action <event>`: a
    rule calls its targets by that, whatever these wish to hear; who hears of the event anyway hears it once.

    `payload`: JSON with any of `severity` (info, warning, critical), `rule`, `message` (the alert in a sentence),
    `device`, `device_id`, `channel`, `channel_id`, `value`, `unit`, `limit`; others are kept and not shown.
    """
    wanted = None if targets is None else set(targets)
    chosen = [one for one in load_targets(connection) if wanted is None or one.id in wanted]
    if not chosen:
        return 0
    told = _told(connection, alert_id)
    severity = payload.get("severity", "")
    called = event.startswith(ACTION)
    event = event.removeprefix(ACTION)
    number = connection.execute(sa.select(sa.func.max(notification.c.id))).scalar() or 0
    added = 0
    for target in chosen:
        events = told.get(target.id, [])
        before = [name for name, _ in events]
        hears = target.enabled if called else wants(target, event, severity, before, named=wanted is not None)
        if (event, at_us) in events or not hears:
            continue
        added += 1
        connection.execute(
            sa.insert(notification).values(
                id=number + added,
                key=secrets.token_hex(16),
                alert_id=alert_id,
                event=event,
                at=at_us,
                target_id=target.id,
                target_name=target.name,
                payload=json.loads(json.dumps(payload, default=str)),
                state=DeliveryState.WAITING.value,
                attempts=0,
                due_at=0,
                changed_at=at_us,
                history=[],
            )
        )
    return added


def _told(connection: sa.Connection, alert_id: int) -> dict[int, list[tuple[str, int]]]:
    n = notification.c
    told: dict[int, list[tuple[str, int]]] = {}
    for row in connection.execute(sa.select(n.target_id, n.event, n.at).where(n.alert_id == alert_id)):
        told.setdefault(row.target_id, []).append((row.event, row.at))
    return told


def due(connection: sa.Connection, targets: Iterable[int], now: int, most: int) -> dict[int, list[Delivery]]:
    """By target, for each of these that has something due: what waits for it, oldest first; `most` over all."""
    n = notification.c
    ready = sa.select(n.target_id).where(n.state.in_(_IDLE), n.due_at <= now, n.target_id.in_(list(targets))).distinct()
    query = sa.select(notification).where(n.state.in_(_IDLE), n.target_id.in_(ready)).order_by(n.id).limit(most)
    found: dict[int, list[Delivery]] = {}
    for row in connection.execute(query):
        found.setdefault(row.target_id, []).append(_delivery(row))
    return found


def sending(connection: sa.Connection) -> list[Delivery]:
    """Attempts that have begun and not ended."""
    query = sa.select(notification).where(notification.c.state == DeliveryState.SENDING.value)
    return [_delivery(row) for row in connection.execute(query.order_by(notification.c.id))]


def update(connection: sa.Connection, changed: Sequence[Delivery]) -> int:
    """Write steps of the life cycle; how many there were. One that was given up in the meantime stays so."""
    n = notification.c
    done = 0
    for one in changed:
        done += connection.execute(
            sa.update(notification)
            .where(n.id == one.id, n.state.in_(_OPEN))
            .values(
                state=one.state.value,
                attempts=one.attempts,
                due_at=one.due_at,
                taken_at=one.taken_at,
                batch=one.batch,
                changed_at=one.changed_at,
                reason=one.reason,
                history=[list(entry) for entry in one.history],
            )
        ).rowcount
    return done


def hold(connection: sa.Connection, held: Mapping[int, int], now: int) -> None:
    """Look at these again at their instants."""
    n = notification.c
    for number, until in held.items():
        connection.execute(
            sa.update(notification)
            .where(n.id == number, n.state.in_(_IDLE))
            .values(due_at=until, taken_at=sa.func.coalesce(n.taken_at, now))
        )


def hold_later(connection: sa.Connection, target: int, after: int, until: int) -> None:
    """Look at everything of the target that came after one delivery not before an instant."""
    n = notification.c
    behind = sa.and_(n.target_id == target, n.id > after, n.state.in_(_IDLE), n.due_at < until)
    connection.execute(sa.update(notification).where(behind).values(due_at=until))


def history(connection: sa.Connection, limit: int, before: int | None, alert: int | None) -> list[Delivery]:
    """Newest first."""
    n = notification.c
    query = sa.select(notification).order_by(n.id.desc()).limit(limit)
    if before is not None:
        query = query.where(n.id < before)
    if alert is not None:
        query = query.where(n.alert_id == alert)
    return [_delivery(row) for row in connection.execute(query)]


def forget(connection: sa.Connection, before: int) -> int:
    """Remove what came to its end before an instant; how many that were."""
    n = notification.c
    return connection.execute(sa.delete(notification).where(n.changed_at < before, n.state.not_in(_OPEN))).rowcount


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row.id,
        row.key,
        row.alert_id,
        row.event,
        row.at,
        row.target_id,
        row.target_name,
        row.payload,
        DeliveryState(row.state),
        row.attempts,
        row.due_at,
        row.taken_at,
        row.batch,
        row.changed_at,
        row.reason,
        tuple((at, what) for at, what in row.history),
    )
