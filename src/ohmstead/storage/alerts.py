"""Alerts, their history, and what rules still have to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ohmstead.domain.alert import OPEN, Alert, AlertState, Event, Transition
from ohmstead.domain.rule import RuleAction, Severity
from ohmstead.storage.alert_tables import alert, alert_transition, rule_action

KEPT_STEPS = 500  # of one alert: its first and its newest; what flaps all day would fill the disk

_OPEN = sorted(state.value for state in OPEN)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts: open at some time in [`start`, `end`); `state` "open" means not cleared."""

    state: str | None = None
    device: int | None = None
    channel: int | None = None
    rule: int | None = None
    start: int | None = None
    end: int | None = None
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many alerts a rule raised, and when the newest of them began."""

    alerts: int = 0
    last_raised_at: int | None = None


@dataclass(frozen=True, slots=True)
class ActionDue:
    id: int
    rule: int
    alert: int
    at: int
    action: RuleAction


def put(connection: sa.Connection, one: Alert, transitions: Sequence[Transition]) -> None:
    """Insert or replace an alert, and add to its history (of which the first and the newest steps are kept)."""
    put_all(connection, [(one, transitions)])


def put_all(connection: sa.Connection, changed: Sequence[tuple[Alert, Sequence[Transition]]]) -> None:
    """The same for many, of one alert in the order they happened, in few statements however many there are."""
    latest = {one.id: one for one, _ in changed}
    if not latest:
        return
    there = set(connection.scalars(sa.select(alert.c.id).where(alert.c.id.in_(latest))))
    if fresh := [{"id": one.id, **_values(one)} for one in latest.values() if one.id not in there]:
        connection.execute(sa.insert(alert), fresh)
    if known := [{"which": one.id, **_values(one)} for one in latest.values() if one.id in there]:
        connection.execute(sa.update(alert).where(alert.c.id == sa.bindparam("which")), known)
    t = alert_transition.c
    query = sa.select(t.alert_id, sa.func.max(t.number)).where(t.alert_id.in_(latest)).group_by(t.alert_id)
    numbers = {row[0]: row[1] for row in connection.execute(query)}
    rows = []
    for one, steps in changed:
        for step in steps:
            number = numbers[one.id] = numbers.get(one.id, 0) + 1
            rows.append({"alert_id": one.id, "number": number, **_step_values(step)})
    if rows:
        connection.execute(sa.insert(alert_transition), rows)
    if long := [{"which": one, "upto": number - KEPT_STEPS} for one, number in numbers.items() if number > KEPT_STEPS]:
        old = (t.alert_id == sa.bindparam("which")) & (t.number > 1) & (t.number <= sa.bindparam("upto"))
        connection.execute(sa.delete(alert_transition).where(old), long)


def _step_values(step: Transition) -> dict[str, Any]:
    return {"at": step.at, "event": step.event.value, "actor": step.actor, "note": step.note, "value": step.value}


def newest(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(alert.c.id))) or 0


def current(connection: sa.Connection, since: int) -> list[Alert]:
    """Alerts that are open, and those cleared since an instant, oldest first."""
    query = sa.select(alert).where(alert.c.state.in_(_OPEN) | (alert.c.cleared_at >= since))
    return [_alert(row) for row in connection.execute(query.order_by(alert.c.id))]


def get(connection: sa.Connection, alert_id: int) -> Alert | None:
    row = connection.execute(sa.select(alert).where(alert.c.id == alert_id)).first()
    return None if row is None else _alert(row)


def found(
    connection: sa.Connection, wanted: Wanted, devices: frozenset[int] | None, before: int | None
) -> sa.Select[Any]:
    query = sa.select(alert).order_by(alert.c.id.desc())
    if before is not None:
        query = query.where(alert.c.id < before)
    if wanted.state is not None:
        query = query.where(alert.c.state.in_(_OPEN if wanted.state == "open" else [wanted.state]))
    if devices is not None:
        query = query.where(alert.c.device_id.in_(sorted(devices)))
    for column, value in (("device_id", wanted.device), ("channel_id", wanted.channel), ("rule_id", wanted.rule)):
        if value is not None:
            query = query.where(alert.c[column] == value)
    if wanted.severity is not None:
        query = query.where(alert.c.severity == wanted.severity)
    if wanted.start is not None:
        query = query.where(alert.c.cleared_at.is_(None) | (alert.c.cleared_at >= wanted.start))
    if wanted.end is not None:
        query = query.where(alert.c.raised_at < wanted.end)
    return query


def page(
    connection: sa.Connection, wanted: Wanted, devices: frozenset[int] | None, before: int | None, limit: int
) -> list[Alert]:
    """Newest first, at most `limit`; `devices`: only those whose first device is among them."""
    return [_alert(row) for row in connection.execute(found(connection, wanted, devices, before).limit(limit))]


def tallies(connection: sa.Connection, devices: frozenset[int] | None) -> dict[int, Tally]:
    """By rule, as far as alerts are kept; `devices`: only of alerts whose first device is among them."""
    query = sa.select(alert.c.rule_id, sa.func.count(), sa.func.max(alert.c.raised_at)).group_by(alert.c.rule_id)
    query = query.where(alert.c.rule_id.is_not(None))
    if devices is not None:
        query = query.where(alert.c.device_id.in_(sorted(devices)))
    return {rule: Tally(count, last) for rule, count, last in connection.execute(query)}


def transitions(connection: sa.Connection, alert_id: int) -> list[Transition]:
    t = alert_transition.c
    query = sa.select(alert_transition).where(t.alert_id == alert_id).order_by(t.number)
    return [
        Transition(row.alert_id, row.at, Event(row.event), row.actor, row.note, row.value)
        for row in connection.execute(query)
    ]


def forget(connection: sa.Connection, before: int) -> int:
    """Remove alerts that were over before an instant, with their history; how many that were."""
    old = sa.select(alert.c.id).where(alert.c.state == AlertState.CLEARED.value, alert.c.cleared_at < before)
    connection.execute(sa.delete(alert_transition).where(alert_transition.c.alert_id.in_(old)))
    return connection.execute(
        sa.delete(alert).where(alert.c.state == AlertState.CLEARED.value, alert.c.cleared_at < before)
    ).rowcount


# What rules still have to do


def put_actions(connection: sa.Connection, rule_id: int, alert_id: int, at: int, actions: Sequence[RuleAction]) -> None:
    number = connection.scalar(sa.select(sa.func.max(rule_action.c.id))) or 0
    for n, action in enumerate(actions, number + 1):
        connection.execute(
            sa.insert(rule_action).values(id=n, rule_id=rule_id, alert_id=alert_id, at=at, action=action.to_json())
        )


def actions_due(connection: sa.Connection) -> list[ActionDue]:
    return [
        ActionDue(row.id, row.rule_id, row.alert_id, row.at, RuleAction.from_json(row.action))
        for row in connection.execute(sa.select(rule_action).order_by(rule_action.c.id))
    ]


def action_done(connection: sa.Connection, action_id: int) -> None:
    connection.execute(sa.delete(rule_action).where(rule_action.c.id == action_id))


def _values(one: Alert) -> dict[str, Any]:
    return {
        "cause": one.cause,
        "rule_id": one.rule,
        "title": one.title,
        "severity": one.severity.value,
        "device_id": one.device,
        "devices": list(one.devices),
        "channel_id": one.channel,
        "text": one.text,
        "raised_at": one.raised_at,
        "noticed_at": one.noticed_at,
        "value": one.value,
        "state": one.state.value,
        "count": one.count,
        "cleared_at": one.cleared_at,
        "acknowledged_at": one.acknowledged_at,
        "acknowledged_by": one.acknowledged_by,
        "note": one.note,
        "snoozed_until": one.snoozed_until,
        "escalated_at": one.escalated_at,
        "told": one.told,
        "tell_at": one.tell_at,
        "details": None if one.details is None else dict(one.details),
    }


def _alert(row: Any) -> Alert:
    return Alert(
        row.id,
        row.cause,
        row.rule_id,
        row.title,
        Severity(row.severity),
        tuple(row.devices),
        row.channel_id,
        row.text,
        row.raised_at,
        row.noticed_at,
        row.value,
        AlertState(row.state),
        row.count,
        row.cleared_at,
        row.acknowledged_at,
        row.acknowledged_by,
        row.note,
        row.snoozed_until,
        row.escalated_at,
        row.told,
        row.tell_at,
        row.details,
    )
