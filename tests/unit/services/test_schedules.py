"""Scenes, schedules and load limits on a whole server; a clock that is told."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ohmstead.database import DiskFull
from ohmstead.domain.command import Offer
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.load_limit import LoadLimit
from ohmstead.domain.output import Output, OutputSettings
from ohmstead.domain.scene import Action, Setting
from ohmstead.domain.schedule import GRACE_US, Sun, Timing
from ohmstead.domain.telemetry import MS, SECOND

VIENNA = ZoneInfo("Europe/Vienna")  # T0 of these tests is 01:00 there


def control(world: Any) -> Any:
    return world.app.control


async def an_output(world: Any, key: str = "relay", **settings: Any) -> Output:
    known = world.app.registry.by_serial.get("N1") or await world.device("N1")
    rooms = control(world).outputs.rooms
    room = next(iter(rooms.all()), None) or await rooms.add(world.admin, "Hall")
    output: Output = await control(world).outputs.add(
        world.admin, key, room.id, known.device.id, key, OutputSettings(**settings)
    )
    return output


def desired(world: Any, output: Output) -> Any:
    return control(world).outputs.view(output).desired


def at(world: Any, hour: int, minute: int = 0, day: int = 21) -> None:
    world.clock.us = int(datetime(2025, 11, day, hour, minute, tzinfo=VIENNA).timestamp()) * SECOND


async def a_schedule(world: Any, output: Output, timing: Timing | None = None, state: Any = "on") -> Any:
    return await control(world).schedules.put(
        world.admin,
        None,
        "Morning",
        timing or Timing(at=time(7)),
        Action(setting=Setting(output.id, state)),
        enabled=True,
    )


async def full(*_: Any, **__: Any) -> None:
    raise DiskFull("the disk is full")


class TestScenes:
    async def test_one_touch_sets_them_all(self, world: Any) -> None:
        lamp, fan = await an_output(world, "lamp"), await an_output(world, "fan")
        settings = [Setting(lamp.id, "on"), Setting(fan.id, "off", for_s=60)]
        scene = await control(world).scenes.put(world.admin, None, "Evening", settings)
        assert await control(world).scenes.run(world.admin, scene.id) == 2
        assert (desired(world, lamp), desired(world, fan)) == ("on", "off")
        assert control(world).outputs.view(lamp).wish.reason == "scene Evening"
        assert control(world).outputs.known(fan.id).until_at is not None

    async def test_what_is_gone_is_left_out(self, world: Any) -> None:
        lamp, fan = await an_output(world, "lamp"), await an_output(world, "fan")
        scene = await control(world).scenes.put(
            world.admin, None, "Evening", [Setting(lamp.id, "on"), Setting(fan.id, "on")]
        )
        await control(world).outputs.remove(world.admin, lamp.id)
        assert await control(world).scenes.run(world.admin, scene.id) == 1

    async def test_what_makes_no_sense_is_refused(self, world: Any) -> None:
        lamp = await an_output(world)
        put = control(world).scenes.put
        with pytest.raises(InvalidInput, match="each once"):
            await put(world.admin, None, "X", [Setting(lamp.id, "on"), Setting(lamp.id, "off")])
        control(world).shadows.hello(world.app.registry.get(lamp.device), "b1", [Offer("set", {"relay": "switch"})])
        with pytest.raises(InvalidInput, match="on or off"):
            await put(world.admin, None, "X", [Setting(lamp.id, 40)])
        with pytest.raises(NotFound):
            await put(world.admin, None, "X", [Setting(4711, "on")])
        await put(world.admin, None, "X", [Setting(lamp.id, "on")])
        with pytest.raises(Conflict):
            await put(world.admin, None, "x", [Setting(lamp.id, "on")])


class TestSchedules:
    async def test_it_runs_once_at_its_time(self, world: Any) -> None:
        output = await an_output(world)
        schedule = await a_schedule(world, output)
        await control(world).schedules.tick()
        assert desired(world, output) is None
        assert (
            control(world).schedules.next_run(schedule) == world.clock.us - world.clock.us % SECOND + 6 * 3600 * SECOND
        )
        at(world, 7)
        await control(world).schedules.tick()
        assert (desired(world, output), control(world).outputs.view(output).wish.author) == ("on", "schedule")
        await control(world).outputs.switch(world.admin, output.id, "off")
        world.clock.us += SECOND
        await control(world).schedules.tick()
        assert desired(world, output) == "off"  # a person came after it

    async def test_a_restart_in_mid_schedule_neither_loses_nor_repeats_it(self, world: Any) -> None:
        output = await an_output(world)
        await a_schedule(world, output)
        at(world, 7, 2)  # the server was down at seven
        await control(world).schedules.load()
        await control(world).schedules.tick()
        assert desired(world, output) == "on"
        version = control(world).shadows.of(output.device).version
        await control(world).schedules.load()  # and starts again
        await control(world).schedules.tick()
        assert control(world).shadows.of(output.device).version == version

    async def test_what_was_missed_long_ago_is_skipped_and_noted(self, world: Any) -> None:
        output = await an_output(world)
        await a_schedule(world, output)
        at(world, 7)
        world.clock.us += GRACE_US + SECOND
        await control(world).schedules.tick()
        assert desired(world, output) is None
        (_, entry), *_ = await world.app.audit.newest(1, None)
        assert (entry.action, entry.subject, entry.detail) == ("schedule.skip", "Morning", "1 missed")

    async def test_one_that_cannot_be_carried_out_stops_no_other(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        output = await an_output(world)
        other_device = await world.device("N2")
        room = control(world).outputs.rooms.all()[0]
        other = await control(world).outputs.add(world.admin, "Lamp", room.id, other_device.device.id)
        await control(world).shadows.wish(output.device, {"note": "x" * 40}, author="ada")
        for one in (output, other):
            await a_schedule(world, one)
        monkeypatch.setattr("ohmstead.services.shadows.LONGEST_DOCUMENT", 30)
        at(world, 7)
        await control(world).schedules.tick()
        assert (desired(world, output), desired(world, other)) == (None, "on")
        (_, entry), *_ = await world.app.audit.newest(1, None)
        assert (entry.action, entry.subject) == ("schedule.skip", "Morning")
        assert "longer than" in entry.detail

    async def test_a_disk_that_is_full_for_a_while_loses_nothing(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        output = await an_output(world)
        control(world).shadows.hello(world.app.registry.get(output.device), "b1", [Offer("schedules")])
        await a_schedule(world, output)
        await control(world).schedules.tick()
        at(world, 7)
        with monkeypatch.context() as broken:
            broken.setattr(world.app.database, "write", full)
            for _ in range(3):
                with pytest.raises(DiskFull):
                    await control(world).schedules.tick()
        assert desired(world, output) is None
        await control(world).schedules.tick()
        assert desired(world, output) == "on"

    async def test_another_zone_moves_it(self, world: Any) -> None:
        output = await an_output(world)
        await a_schedule(world, output)
        await control(world).schedules.tick()
        await world.app.sites.change(1, "ada", zone="UTC")
        at(world, 7)
        await control(world).schedules.tick()
        assert desired(world, output) is None
        at(world, 8)
        await control(world).schedules.tick()
        assert desired(world, output) == "on"

    async def test_switched_off_or_without_its_output_it_does_nothing(self, world: Any) -> None:
        output = await an_output(world)
        schedule = await a_schedule(world, output)
        await control(world).schedules.put(
            world.admin, schedule.id, "Morning", schedule.timing, schedule.action, enabled=False
        )
        other = await a_schedule(world, output, Timing(at=time(7, 1)))
        await control(world).outputs.remove(world.admin, output.id)
        at(world, 7, 2)
        await control(world).schedules.tick()
        assert control(world).shadows.of(output.device).version == 0
        assert control(world).schedules.get(other.id).done_until > schedule.done_until

    async def test_one_whose_output_or_scene_is_gone_is_still_there_to_be_changed_or_removed(self, world: Any) -> None:
        output = await an_output(world)
        scene = await control(world).scenes.put(world.admin, None, "Evening", [Setting(output.id, "on")])
        schedules = control(world).schedules
        direct = await a_schedule(world, output)
        by_scene = await schedules.put(
            world.admin, None, "Dusk", Timing(at=time(20)), Action(scene=scene.id), enabled=True
        )
        viewer = replace(world.admin, only_devices=frozenset({output.device}))
        assert {one.id for one in schedules.visible(viewer)} == {direct.id, by_scene.id}
        await control(world).scenes.remove(world.admin, scene.id)
        await control(world).outputs.remove(world.admin, output.id)
        assert {one.id for one in schedules.visible(world.admin)} == {direct.id, by_scene.id}
        assert schedules.visible(viewer) == []
        at(world, 20)
        await schedules.tick()  # there is nothing to do, and nobody is in the way of others
        assert control(world).shadows.of(output.device).version == 0

    async def test_the_sun_needs_a_place(self, world: Any) -> None:
        output = await an_output(world)
        timing = Timing(sun=Sun.SUNSET, offset_min=-10)
        with pytest.raises(InvalidInput, match="latitude"):
            await a_schedule(world, output, timing)
        await world.app.sites.change(1, "ada", place=(48.2, 16.4))
        schedule = await a_schedule(world, output, timing)
        shown = datetime.fromtimestamp(control(world).schedules.next_run(schedule) / 1e6, VIENNA)
        assert shown.date() == date(2025, 11, 21)
        assert (shown.hour, shown.minute) in ((15, minute) for minute in range(55, 60))  # sunset is at 16:07

    async def test_a_device_that_can_run_them_itself_is_told_when(self, world: Any) -> None:
        output = await an_output(world)
        known = world.app.registry.get(output.device)
        control(world).shadows.hello(known, "b1", [Offer("schedules")])
        schedule = await a_schedule(world, output)
        await control(world).schedules.tick()
        (entry,) = control(world).shadows.of(output.device).document()["schedules"]
        at(world, 7)
        assert entry["runs"][0] == world.clock.us // MS
        assert (len(entry["runs"]), entry["field"], entry["state"]) == (8, "relay", "on")
        await control(world).schedules.remove(world.admin, schedule.id)
        await control(world).schedules.tick()
        assert "schedules" not in control(world).shadows.of(output.device).document()


class TestLoadLimits:
    async def test_it_sheds_by_priority_and_restores_in_order(self, world: Any) -> None:
        heater, boiler = await an_output(world, "heater", priority=5), await an_output(world, "boiler", priority=1)
        known = world.app.registry.get(heater.device)
        await world.send(known, {0: {"total": 100.0}})
        meter = await world.device("M1")
        await world.send(meter, {0: {"power": 100.0}})
        channel = meter.device.channels["power"].id
        limit = LoadLimit(3000, margin_w=100, over_s=5, under_s=20)
        stored = await control(world).load_limits.put(world.admin, None, channel, limit)
        for output in (heater, boiler):
            await control(world).outputs.switch(world.admin, output.id, "on")
        for second, watts in ((5, 5000), (10, 5000), (15, 3500), (20, 3500), (25, 1000)):
            await world.send(meter, {second: {"power": float(watts)}})
            await control(world).load_limits.tick()
        assert (desired(world, boiler), desired(world, heater)) == ("off", "off")
        assert control(world).outputs.view(boiler).wish.author == "load limit"
        # The heater drew 2500 W, the boiler 1500 W: first the heater, which went last, then nothing more fits.
        for second in range(30, 120, 5):
            await world.send(meter, {second: {"power": 300.0 if desired(world, heater) == "off" else 2800.0}})
            await control(world).load_limits.tick()
        assert (desired(world, boiler), desired(world, heater)) == ("off", "on")
        (shown,) = control(world).load_limits.visible(world.admin)
        assert [one.output for one in shown.shed] == [boiler.id]
        # A person takes the boiler back; removing the limit restores nothing of it.
        await control(world).outputs.switch(world.admin, boiler.id, "on")
        await control(world).outputs.switch(world.admin, boiler.id, "off")
        await control(world).load_limits.remove(world.admin, stored.id)
        await control(world).load_limits.tick()
        assert desired(world, boiler) == "off"

    async def test_a_channel_has_one_limit_and_measures_power(self, world: Any) -> None:
        meter = await world.device("M1")
        await world.send(meter, {0: {"power": 100.0, "voltage": 230.0}})
        channels = meter.device.channels
        put = control(world).load_limits.put
        await put(world.admin, None, channels["power"].id, LoadLimit(3000))
        with pytest.raises(Conflict):
            await put(world.admin, None, channels["power"].id, LoadLimit(4000))
        with pytest.raises(InvalidInput, match="power"):
            await put(world.admin, None, channels["voltage"].id, LoadLimit(4000))
        with pytest.raises(NotFound):
            await put(world.admin, 99, channels["power"].id, LoadLimit(4000))

    async def test_it_survives_a_restart_with_what_is_shed(self, world: Any) -> None:
        heater = await an_output(world, "heater", priority=5)
        meter = await world.device("M1")
        await world.send(meter, {0: {"power": 100.0}})
        channel = meter.device.channels["power"].id
        limits = control(world).load_limits
        await limits.put(world.admin, None, channel, LoadLimit(3000, over_s=0, under_s=10))
        await control(world).outputs.switch(world.admin, heater.id, "on")
        await world.send(meter, {5: {"power": 4000.0}})
        await limits.tick()
        assert desired(world, heater) == "off"
        await limits.load()
        for second in range(12, 60, 6):
            await world.send(meter, {second: {"power": 500.0}})
            await limits.tick()
        assert desired(world, heater) == "on"

    async def test_a_disk_that_is_full_for_a_while_loses_no_decision(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heater, boiler = await an_output(world, "heater", priority=5), await an_output(world, "boiler", priority=1)
        meter = await world.device("M1")
        await world.send(meter, {0: {"power": 100.0}})
        limits = control(world).load_limits
        limit = await limits.put(
            world.admin, None, meter.device.channels["power"].id, LoadLimit(3000, over_s=0, under_s=10)
        )
        for output in (heater, boiler):
            await control(world).outputs.switch(world.admin, output.id, "on")
        for second in (5, 10):
            await world.send(meter, {second: {"power": 6000.0}})
            await limits.tick()
        assert (desired(world, boiler), desired(world, heater)) == ("off", "off")
        await limits.remove(world.admin, limit.id)  # both come back
        with monkeypatch.context() as broken:
            broken.setattr(world.app.database, "write", full)
            for _ in range(3):
                with pytest.raises(DiskFull):
                    await limits.tick()
        await limits.tick()
        assert (desired(world, boiler), desired(world, heater)) == ("on", "on")
