"""What rules do and whom they tell, on a whole server: outputs, scenes, fights, quiet hours, escalation."""

from datetime import time
from typing import Any

import pytest
import sqlalchemy as sa

from ohmstead.domain.condition import Threshold
from ohmstead.domain.notification import QuietHours, Target
from ohmstead.domain.output import Output, OutputUnconfirmed
from ohmstead.domain.rule import Escalation, On, Rule, RuleAction, RuleBody, Scope
from ohmstead.domain.scene import Setting
from ohmstead.domain.telemetry import MINUTE, SECOND
from ohmstead.storage import alerts as store
from ohmstead.storage import notifications as outbox
from ohmstead.storage.alert_tables import notification
from ohmstead.wiring.alerts import Watching
from world import T0, World


async def an_output(world: World, key: str = "relay") -> Output:
    known = world.app.registry.by_serial.get("R1") or await world.device("R1")
    rooms = world.app.control.outputs.rooms
    room = next(iter(rooms.all()), None) or await rooms.add(world.admin, "Hall")
    return await world.app.control.outputs.add(world.admin, key, room.id, known.device.id, key)


async def a_rule(world: World, name: str, key: str, *actions: RuleAction, **more: Any) -> Rule:
    """Above 100 of a channel of the meter M1, which is called as its key."""
    known = world.app.registry.by_serial.get("M1") or await world.device("M1")
    if key not in known.device.channels:
        await world.send(known, {-1: {key: 1.0}})
    scope = Scope(channel=known.device.channels[key].id)
    body = RuleBody(name, Threshold(above=100), scope, actions=actions, **more)
    return (await world.app.watching.alerting.rules.add(world.admin, body)).rule


async def send(world: World, second: int, **values: float) -> None:
    world.clock.us = max(world.clock.us, T0 + second * SECOND)
    await world.send(world.app.registry.by_serial["M1"], {second: values})
    await world.app.watching.tick()


def desired(world: World, output: Output) -> Any:
    return world.app.control.outputs.view(output).desired


def author(world: World, output: Output) -> str:
    wish = world.app.control.outputs.view(output).wish
    return "" if wish is None else wish.author


async def open_alerts(world: World) -> list[Any]:
    return await world.app.database.read(lambda c: store.page(c, store.Wanted(state="open"), None, None, 100))


async def targets(world: World, *names: str, **more: Any) -> list[int]:
    """Webhooks nobody calls: only what is put into the outbox counts here."""
    made = [Target(n, name, "webhook", {"url": "http://192.168.1.9/"}, **more) for n, name in enumerate(names, 1)]
    for one in made:
        await world.app.database.write(lambda c, one=one: outbox.put_target(c, one))  # type: ignore[misc]
    await world.app.notifying.notifications.load()
    return [one.id for one in made]


async def told(world: World) -> list[tuple[str, str]]:
    """(event, target) of everything in the outbox."""
    n = notification.c
    query = sa.select(n.event, n.target_name).order_by(n.id)
    return [tuple(row) for row in await world.app.database.read(lambda c: c.execute(query).all())]


class TestActions:
    async def test_an_output_is_set_when_it_is_raised_and_set_back_when_it_is_over(self, world: World) -> None:
        fan = await an_output(world)
        await a_rule(
            world, "Damp", "humidity", RuleAction(output=fan.id, state="on"), RuleAction(On.CLEARED, fan.id, "off")
        )
        await send(world, 1, humidity=104.0)
        assert (desired(world, fan), author(world, fan)) == ("on", "rule Damp")
        await send(world, 2, humidity=60.0)
        assert desired(world, fan) == "off"

    async def test_a_scene_is_run(self, world: World) -> None:
        lamp, fan = await an_output(world, "lamp"), await an_output(world, "fan")
        settings = [Setting(lamp.id, "on"), Setting(fan.id, "off")]
        scene = await world.app.control.scenes.put(world.admin, None, "Fire", settings)
        await a_rule(world, "Smoke", "raw", RuleAction(scene=scene.id))
        await send(world, 1, raw=500.0)
        assert (desired(world, lamp), desired(world, fan)) == ("on", "off")

    async def test_a_webhook_goes_through_the_outbox(self, world: World) -> None:
        (one, _) = await targets(world, "hook", "other")
        await a_rule(world, "Call", "power", RuleAction(target=one), targets=())
        await send(world, 1, power=500.0)
        assert await told(world) == [("raised", "hook")]

    async def test_what_a_crash_left_is_done_at_the_next_start(self, world: World) -> None:
        fan = await an_output(world)
        await a_rule(world, "Damp", "humidity", RuleAction(output=fan.id, state="on"))
        world.clock.us = T0 + SECOND
        await world.send(world.app.registry.by_serial["M1"], {1: {"humidity": 104.0}})
        await world.app.watching.engine.settle()  # found and written; then the process ends
        assert desired(world, fan) is None
        world.app.watching = await Watching.build(world.app)
        await world.app.watching.tick()
        assert desired(world, fan) == "on"
        await world.app.control.outputs.switch(world.admin, fan.id, "off")
        await world.app.watching.tick()
        assert desired(world, fan) == "off"

    async def test_data_that_comes_late_is_not_acted_upon(self, world: World) -> None:
        fan = await an_output(world)
        await a_rule(world, "Damp", "humidity", RuleAction(output=fan.id, state="on"))
        world.clock.us = T0 + 11 * MINUTE
        await send(world, 1, humidity=104.0)
        assert desired(world, fan) is None
        assert len(await open_alerts(world)) >= 1
        entries = [entry for _, entry in await world.app.audit.newest(10, None)]
        assert ("rule.skip", "the data came too late to act upon it") in [(e.action, e.detail) for e in entries]

    async def test_an_output_that_is_gone_stops_nothing(self, world: World) -> None:
        fan, lamp = await an_output(world, "fan"), await an_output(world, "lamp")
        actions = (RuleAction(output=fan.id, state="on"), RuleAction(output=lamp.id, state="on"))
        rule = await a_rule(world, "Damp", "humidity", *actions)
        await world.app.control.outputs.remove(world.admin, fan.id)
        await send(world, 1, humidity=104.0)
        assert desired(world, lamp) == "on"
        seen = world.app.watching.alerting.rules.get(world.admin, rule.id)
        assert "switch an output that is gone on" in seen.sentence


class TestFights:
    async def two(self, world: World, priority: int = 0) -> Output:
        lamp = await an_output(world)
        await a_rule(world, "Light", "a", RuleAction(output=lamp.id, state="on"))
        await a_rule(world, "Dark", "b", RuleAction(output=lamp.id, state="off"), priority=priority)
        return lamp

    async def test_the_first_keeps_it_and_people_are_told(self, world: World) -> None:
        lamp = await self.two(world)
        await send(world, 1, a=500.0)
        for n in range(10):
            await send(world, 2 + n, b=500.0 if n % 2 == 0 else 0.0)
        assert desired(world, lamp) == "on"
        world.clock.us += SECOND
        await world.app.watching.tick()
        (fight,) = [alert for alert in await open_alerts(world) if alert.rule is None]
        assert fight.text == "The rules Dark and Light want different things of relay; Light has its way"
        assert fight.devices == (lamp.device,)
        await send(world, 13, a=0.0, b=0.0)
        world.clock.us += 31 * MINUTE
        await world.app.watching.tick()
        assert [alert for alert in await open_alerts(world) if alert.rule is None] == []

    async def test_the_higher_priority_has_its_way(self, world: World) -> None:
        lamp = await self.two(world, priority=5)
        await send(world, 1, a=500.0)
        await send(world, 2, b=500.0)
        assert desired(world, lamp) == "off"

    async def test_a_person_always_has_theirs(self, world: World) -> None:
        lamp = await self.two(world)
        await send(world, 1, a=500.0)
        await world.app.control.outputs.switch(world.admin, lamp.id, "off")
        assert desired(world, lamp) == "off"
        await world.app.control.outputs.switch(world.admin, lamp.id, "on")
        await send(world, 2, b=500.0)
        assert desired(world, lamp) == "off"  # it was nobody's any more


class TestTelling:
    async def test_one_event_for_each_target_and_none_for_flapping(self, world: World) -> None:
        await targets(world, "mail", "hook")
        await a_rule(world, "Power", "power")
        for n in range(1, 40):
            await send(world, n, power=500.0 if n % 2 else 0.0)
        assert await told(world) == [("raised", "mail"), ("raised", "hook")]

    async def test_quiet_hours_hold_it_until_the_morning(self, world: World) -> None:
        await targets(world, "mail")
        await a_rule(world, "Power", "power", quiet=QuietHours(time(22), time(7)))  # it is one o'clock in Vienna
        await send(world, 1, power=500.0)
        await send(world, 2, power=0.0)
        assert await told(world) == []
        world.clock.us = T0 + 6 * 3600 * SECOND - SECOND
        await world.app.watching.tick()
        assert await told(world) == []
        world.clock.us += 2 * SECOND
        await world.app.watching.tick()
        await world.app.watching.tick()
        assert await told(world) == [("raised", "mail")]

    async def test_nobody_acknowledges_so_others_are_told(self, world: World) -> None:
        mail, boss = await targets(world, "mail", "boss")
        await a_rule(world, "Power", "power", targets=(mail,), escalation=Escalation(600, (boss,)))
        await send(world, 1, power=500.0)
        world.clock.us += 601 * SECOND
        await world.app.watching.tick()
        await world.app.watching.tick()
        assert await told(world) == [("raised", "mail"), ("escalated", "boss")]

    @pytest.mark.parametrize("what", ["acknowledge", "snooze"])
    async def test_who_saw_it_is_not_escalated_over(self, world: World, what: str) -> None:
        (mail,) = await targets(world, "mail")
        await a_rule(world, "Power", "power", escalation=Escalation(600, (mail,)))
        await send(world, 1, power=500.0)
        alerts = world.app.watching.alerting.inbox
        (alert,) = await open_alerts(world)
        if what == "acknowledge":
            await alerts.acknowledge(world.admin, alert.id)
        else:
            await alerts.snooze(world.admin, alert.id, 20 * MINUTE)
        world.clock.us += 601 * SECOND
        await world.app.watching.tick()
        assert await told(world) == [("raised", "mail")]
        world.clock.us += 20 * MINUTE
        await world.app.watching.tick()
        assert len(await told(world)) == (1 if what == "acknowledge" else 3)  # raised once more, and escalated


async def test_an_output_that_does_not_follow_is_an_alert_until_it_does(world: World) -> None:
    lamp = await an_output(world)
    await world.app.control.outputs.switch(world.admin, lamp.id, "on")
    world.app.bus.publish(OutputUnconfirmed(lamp.id, lamp.device, "on", "its device is offline", world.clock.now()))
    await world.app.watching.tick()
    (alert,) = await open_alerts(world)
    assert alert.text == "relay was switched on, but its device is offline"
    await world.app.control.outputs.switch(world.admin, lamp.id, "off")
    await world.app.watching.tick()
    assert await open_alerts(world) == []
