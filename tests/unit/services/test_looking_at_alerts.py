"""What is told of alerts to whoever looks: how often a rule fired, by severity, and to whom it goes."""

from dataclasses import replace

import pytest

from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.condition import Threshold
from ohmstead.domain.errors import Forbidden
from ohmstead.domain.notification import Target
from ohmstead.domain.rule import RuleBody, Scope, Severity
from ohmstead.domain.telemetry import SECOND
from ohmstead.services.alert_inbox import Wanted
from world import T0, World


@pytest.fixture
async def fired(world: World) -> int:
    """The id of a rule that was true at two devices, ten seconds apart; one device is on the way."""
    world.clock.us = T0
    for serial in ("A", "B"):
        await world.send(await world.device(serial), {-1: {"power": 1.0}})
    limit = RuleBody("Limit", Threshold(above=100), Scope(quantity="power"), Severity.CRITICAL)
    rule = await world.app.watching.alerting.rules.add(world.admin, limit)
    for second, serial in ((10, "A"), (20, "B")):
        world.clock.us = T0 + second * SECOND
        await world.send(world.app.registry.by_serial[serial], {second: {"power": 500.0}})
    await world.app.watching.tick()
    return rule.rule.id


def a_viewer_of(world: World, serial: str) -> Principal:
    device = world.app.registry.by_serial[serial].device.id
    return replace(world.admin, role=Role.VIEWER, permissions=ROLES[Role.VIEWER], only_devices=frozenset({device}))


async def test_a_rule_says_how_often_and_when_it_fired(world: World, fired: int) -> None:
    tally = (await world.app.watching.alerting.inbox.tallies(world.admin))[fired]
    assert (tally.alerts, tally.last_raised_at) == (2, T0 + 20 * SECOND)


async def test_alerts_of_devices_one_may_not_see_are_not_counted(world: World, fired: int) -> None:
    alerts = world.app.watching.alerting.inbox
    tally = (await alerts.tallies(a_viewer_of(world, "A")))[fired]
    assert (tally.alerts, tally.last_raised_at) == (1, T0 + 10 * SECOND)
    with pytest.raises(Forbidden):
        await alerts.tallies(replace(world.admin, permissions=frozenset()))


async def test_alerts_are_found_by_severity(world: World, fired: int) -> None:
    alerts = world.app.watching.alerting.inbox
    found, _ = await alerts.visible(world.admin, Wanted(severity="critical"), 10, None)
    assert {alert.rule for alert in found} == {fired}
    assert await alerts.visible(world.admin, Wanted(severity="info"), 10, None) == ([], False)


async def test_who_writes_rules_learns_the_names_of_targets_and_no_more(world: World) -> None:
    notifications = world.app.notifying.notifications
    await notifications.add(world.admin, Target(0, "Pager", "webhook", {"url": "http://10.0.0.9/x"}))
    operator = replace(world.admin, permissions=ROLES[Role.OPERATOR])
    assert [one.name for one in notifications.named(operator)] == ["Pager"]
    with pytest.raises(Forbidden):
        await notifications.all(operator)
    with pytest.raises(Forbidden):
        notifications.named(replace(world.admin, permissions=ROLES[Role.VIEWER]))
