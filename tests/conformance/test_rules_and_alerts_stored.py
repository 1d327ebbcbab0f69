"""Rules, their progress and alerts, the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain import alert as life
from ohmstead.domain.alert import Alert, Event, Transition
from ohmstead.domain.condition import Threshold
from ohmstead.domain.rule import BUILTIN, RuleAction, RuleBody, Scope, Severity
from ohmstead.domain.rule import Rule as StoredRule
from ohmstead.domain.telemetry import SECOND
from ohmstead.storage import alerts, rules

NOW = 1_763_683_200_000_000
KETTLE = StoredRule(7, RuleBody("Kettle", Threshold(above=2000, for_s=300), Scope(channel=3)), "ada", NOW)
ALERT = Alert(
    1, "7:3", 7, "Kettle", Severity.CRITICAL, (2, 5), 3, "Kettle is on", NOW, NOW, 2400.5, details={"unit": "W"}
)


@pytest.fixture
async def database(place: Callable[[], str]) -> AsyncIterator[Database]:
    opened = Database.open(place(), metadata=metadata)
    opened.start(asyncio.get_running_loop())
    yield opened
    await opened.close()


async def test_rules_and_how_far_they_are_evaluated(database: Database) -> None:
    silence = StoredRule(1, BUILTIN["silence"], "ohmstead", NOW, "silence")
    for rule in (silence, KETTLE):
        await database.write(lambda c, rule=rule: rules.put(c, rule, anew=True))
    assert await database.read(rules.load) == [silence, KETTLE]
    assert await database.read(rules.evaluated) is None
    states = {(7, 0, 3): [NOW, True, NOW], (1, 0, -2): [False, None], (99, 0, 3): [1]}
    await database.write(lambda c: rules.progress(c, 41, states))
    assert await database.read(rules.states) == {(7, 0, 3): [NOW, True, NOW], (1, 0, -2): [False, None]}
    await database.write(lambda c: rules.progress(c, 42, {(1, 0, -2): None, (7, 0, 3): [NOW, False, None]}))
    assert (await database.read(rules.evaluated), await database.read(rules.states)) == (
        42,
        {(7, 0, 3): [NOW, False, None]},
    )
    renamed = replace(KETTLE, body=replace(KETTLE.body, name="Tea"))
    await database.write(lambda c: rules.put(c, renamed, anew=False))
    assert len(await database.read(rules.states)) == 1
    await database.write(lambda c: rules.put(c, renamed, anew=True))
    assert await database.read(rules.states) == {}
    await database.write(lambda c: rules.delete(c, 7))
    assert await database.read(rules.load) == [silence]


async def test_alerts_their_history_and_what_is_still_to_do(database: Database) -> None:
    await database.write(lambda c: alerts.put(c, ALERT, [Transition(1, NOW, Event.RAISED, value=2400.5)]))
    assert await database.read(lambda c: alerts.current(c, NOW)) == [ALERT]
    over = life.clear(ALERT, NOW + SECOND, NOW + SECOND).alert
    await database.write(lambda c: alerts.put(c, over, [Transition(1, NOW + SECOND, Event.CLEARED)]))
    assert await database.read(lambda c: alerts.get(c, 1)) == over
    steps = await database.read(lambda c: alerts.transitions(c, 1))
    assert [(step.event, step.value) for step in steps] == [(Event.RAISED, 2400.5), (Event.CLEARED, None)]
    action = RuleAction(output=4, state="on", for_s=60)
    await database.write(lambda c: alerts.put_actions(c, 7, 1, NOW, [action, replace(action, state=0.5)]))
    due = await database.read(alerts.actions_due)
    assert [one.action.state for one in due] == ["on", 0.5]
    await database.write(lambda c: alerts.action_done(c, due[0].id))
    assert len(await database.read(alerts.actions_due)) == 1
    assert await database.write(lambda c: alerts.forget(c, NOW)) == 0
    assert await database.write(lambda c: alerts.forget(c, NOW + 2 * SECOND)) == 1
    assert await database.read(lambda c: alerts.transitions(c, 1)) == []


async def test_what_flaps_all_day_does_not_fill_the_disk(database: Database) -> None:
    for n in range(0, 1200, 100):
        flaps = [Transition(1, NOW + n + k, Event.AGAIN) for k in range(100)]
        await database.write(lambda c, flaps=flaps: alerts.put(c, ALERT, flaps))
    kept = await database.read(lambda c: alerts.transitions(c, 1))
    assert (kept[0].at, kept[-1].at, len(kept)) == (NOW, NOW + 1199, alerts.KEPT_STEPS + 1)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (alerts.Wanted(), [4, 3, 2, 1]),
        (alerts.Wanted(state="open"), [4, 3]),
        (alerts.Wanted(state="cleared"), [2, 1]),
        (alerts.Wanted(start=NOW + 150, end=NOW + 350), [4, 3, 2]),
        (alerts.Wanted(device=9), []),
        (alerts.Wanted(channel=3, rule=7), [4, 3, 2, 1]),
    ],
)
async def test_looking_for_alerts(database: Database, wanted: alerts.Wanted, found: list[int]) -> None:
    for n in (1, 2, 3, 4):
        one = replace(ALERT, id=n, raised_at=NOW + 100 * (n - 1))
        if n < 3:
            one = life.clear(one, NOW + 100 * n, NOW).alert
        await database.write(lambda c, one=one: alerts.put(c, one, ()))
    assert [a.id for a in await database.read(lambda c: alerts.page(c, wanted, None, None, 10))] == found
    assert await database.read(lambda c: alerts.page(c, wanted, frozenset({9}), None, 10)) == []
    before = await database.read(lambda c: alerts.page(c, wanted, frozenset({2}), 3, 10))
    assert [a.id for a in before] == [n for n in found if n < 3]
