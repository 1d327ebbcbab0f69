"""The outbox of notifications, the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.notification import DeliveryState, QuietHours, Target, begin, fail, interrupted, succeed
from ohmstead.domain.telemetry import MINUTE, SECOND
from ohmstead.storage import notifications as store

NOW = 1_763_683_200_000_000
PHONE = Target(
    1, "Phone", "webhook", {"url": "http://nas/", "verify": True}, digest_min=5, quiet=QuietHours(time(22), time(7))
)
BOSS = Target(2, "Boss", "email", {"port": 25}, min_severity="critical", escalation=True, title="{rule}!")


@pytest.fixture
async def database(place: Callable[[], str]) -> AsyncIterator[Database]:
    opened = Database.open(place(), metadata=metadata)
    opened.start(asyncio.get_running_loop())
    for target in (PHONE, BOSS):
        await opened.write(lambda c, target=target: store.put_target(c, target))
    yield opened
    await opened.close()


async def tell(database: Database, event: str = "raised", alert: int = 7, **options: Any) -> int:
    payload = {"severity": "warning", "value": 2.5, "when": {1, 2}}  # what is no JSON becomes text, not an error
    return await database.write(
        lambda c: store.enqueue(c, alert_id=alert, event=event, at_us=NOW, payload=payload, **options)
    )


async def test_targets_come_back_as_they_were(database: Database) -> None:
    assert await database.read(store.load_targets) == [PHONE, BOSS]
    changed = replace(PHONE, quiet=None, enabled=False)
    await database.write(lambda c: store.put_target(c, changed))
    assert await database.read(store.load_targets) == [changed, BOSS]


async def test_from_the_alert_to_the_history(database: Database) -> None:
    assert [await tell(database), await tell(database), await tell(database, "escalated")] == [1, 0, 1]
    (raised, escalated) = (await database.read(lambda c: store.due(c, [1, 2], NOW, 10)))[1]
    assert (raised.event, escalated.event, raised.payload["value"]) == ("raised", "escalated", 2.5)
    assert raised.key != escalated.key
    held = {escalated.id: NOW + MINUTE}
    await database.write(lambda c: store.hold(c, held, NOW))
    begun = begin(raised, NOW, raised.key)
    assert await database.write(lambda c: store.update(c, [begun])) == 1
    assert await database.read(store.sending) == [begun]
    assert await database.read(lambda c: store.due(c, [1, 2], NOW, 10)) == {}
    assert await database.read(store.waiting) == {1: 2}
    again = interrupted(begun, NOW)
    await database.write(lambda c: store.update(c, [again]))
    failed = fail(begin(again, NOW, "x"), NOW, "down")
    await database.write(lambda c: store.update(c, [failed]))
    due = await database.read(lambda c: store.due(c, [1], NOW + MINUTE, 10))
    assert [one.id for one in due[1]] == [raised.id, escalated.id]
    sent = succeed(begin(failed, NOW + MINUTE, "x"), NOW + MINUTE, "answered 200")
    await database.write(lambda c: store.update(c, [sent]))
    history = await database.read(lambda c: store.history(c, 10, None, 7))
    assert history[::-1] == [sent, replace(escalated, due_at=NOW + MINUTE, taken_at=NOW)]
    assert await database.read(lambda c: store.history(c, 10, escalated.id, None)) == [sent]
    assert await database.write(lambda c: store.forget(c, NOW + 2 * MINUTE)) == 1


async def test_of_a_removed_target_the_history_stays(database: Database) -> None:
    await tell(database)
    await database.write(lambda c: store.note_outcome(c, 1, NOW, "down"))
    assert await database.read(store.outcomes) == {1: (None, NOW, "down"), 2: (None, None, "")}
    await database.write(lambda c: store.note_outcome(c, 1, NOW + SECOND, None))
    assert (await database.read(store.outcomes))[1] == (NOW + SECOND, None, "")
    await database.write(lambda c: store.delete_target(c, 1, NOW))
    (one,) = await database.read(lambda c: store.history(c, 10, None, None))
    assert (one.state.value, one.target_name) == ("given_up", "Phone")
    assert await database.read(store.newest_target) == 2
    assert await tell(database, alert=8) == 0
    assert (
        await database.write(lambda c: store.update(c, [begin(replace(one, state=DeliveryState.WAITING), NOW, "k")]))
        == 0
    )


async def test_a_backlog_longer_than_one_look_waits_as_a_whole(database: Database) -> None:
    for alert in range(1, 6):
        await tell(database, alert=alert, targets=[1])
    rows = (await database.read(lambda c: store.due(c, [1], NOW, 3)))[1]
    assert len(rows) == 3
    await database.write(lambda c: store.hold(c, {one.id: NOW + MINUTE for one in rows}, NOW))
    await database.write(lambda c: store.hold_later(c, 1, rows[-1].id, NOW + MINUTE))
    assert await database.read(lambda c: store.due(c, [1], NOW, 3)) == {}
