"""What switches, as it is put together: what it tells live views, and what runs beside the doors."""

import asyncio
import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app import App
from ohmstead.domain.command import Offer
from ohmstead.domain.scene import Action, Setting
from ohmstead.domain.schedule import Timing
from ohmstead.settings import Settings


def frames(viewer: Any) -> list[dict[str, Any]]:
    waiting, viewer._frames = viewer._frames, []
    return [json.loads(frame) for frame in waiting]


async def an_output(world: Any, key: str = "lamp") -> tuple[Any, Any]:
    known = await world.device("N1")
    room = await world.app.control.outputs.rooms.add(world.admin, "Hall")
    return known, await world.app.control.outputs.add(world.admin, "Lamp", room.id, known.device.id, key)


async def test_a_live_view_hears_of_outputs_shadows_and_logs(world: Any) -> None:
    known, output = await an_output(world)
    viewer = world.app.live.open(world.admin)
    await world.app.control.outputs.switch(world.admin, output.id, "on", reason="dusk")
    told = frames(viewer)
    assert {"type": "shadow", "device_id": str(known.device.id)} in told
    shown = next(f["output"] for f in told if f["type"] == "output")
    assert (shown["desired"], shown["confirmed"], shown["reason"], shown["doubt"]) == ("on", False, "dusk", "")
    world.app.control.logs.take(known.device.id, 4, ["booted"])
    world.app.control.logs.take(known.device.id, 4, ["booted", "ready"])  # repeated, and one more
    lines = [line for f in frames(viewer) if f["type"] == "log" for line in f["lines"]]
    assert [(line["number"], line["text"]) for line in lines] == [(4, "booted"), (5, "ready")]


async def test_what_is_retained_for_a_deleted_device_waits_for_no_other_of_its_serial(world: Any) -> None:
    known, output = await an_output(world)
    other = await world.device("N10")
    control, retained = world.app.control, world.app.gateway.broker.retained
    await control.outputs.switch(world.admin, output.id, "on")
    await control.shadows.wish(other.device.id, {"lamp": "on"}, author="ada")
    world.app.gateway.publish("ohmstead/N1/status", b"online", 1, retain=True)
    await world.app.devices.delete(world.admin, known.device.id)
    assert list(retained) == ["ohmstead/N10/desired"]
    await world.app.devices.restore(world.admin, known.device.id)
    assert json.loads(retained["ohmstead/N1/desired"].payload) == {"version": 1, "state": {"lamp": "on"}}


async def test_a_view_of_what_one_may_not_see_hears_nothing(world: Any) -> None:
    known, output = await an_output(world)
    stranger = type(world.admin)("vera", world.admin.permissions, only_devices=frozenset())
    viewer = world.app.live.open(stranger)
    await world.app.control.outputs.switch(world.admin, output.id, "on")
    world.app.control.logs.take(known.device.id, 1, ["booted"])
    assert frames(viewer) == []


async def test_the_range_of_a_dimmer_is_the_one_its_device_announced(world: Any) -> None:
    known, output = await an_output(world)
    assert world.app.control.outputs.view(output).levels is None
    offer = Offer("set", {"lamp": {"type": "number", "min": 5, "max": 100}})
    world.app.control.shadows.hello(known, "b1", [offer])
    assert world.app.control.outputs.view(output).levels == (5.0, 100.0)


async def test_a_schedule_counts_as_on_the_device_once_that_says_so(world: Any) -> None:
    known, output = await an_output(world)
    control = world.app.control
    control.shadows.hello(known, "b1", [Offer("schedules")])
    timing, action = Timing(at=time(7)), Action(setting=Setting(output.id, "on"))
    schedule = await control.schedules.put(world.admin, None, "Morning", timing, action, enabled=True)
    await control.schedules.tick()
    assert not control.schedules.on_device(schedule)
    shadow = control.shadows.of(known.device.id)
    control.shadows.report(known, shadow.version, {"schedules": shadow.desired["schedules"].value})
    assert control.schedules.on_device(schedule)
    zone, days, runs = control.schedules.week(world.admin, date(2025, 11, 17))
    assert (zone, len(days), len(runs)) == ("Europe/Vienna", 7, 7)
    assert {one.id for one, _ in runs} == {schedule.id}


@pytest.mark.parametrize(("doors_off", "asks"), [([], True), (["004"], False)])
async def test_with_its_door_shut_no_device_of_system_004_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doors_off: Any, asks: bool
) -> None:
    app = App(Settings(data_dir=tmp_path, doors_off=doors_off))
    await app.start()
    began = asyncio.Event()

    async def run() -> None:
        began.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(app.switching.home_control, "run", run)
    tasks = [asyncio.create_task(part) for part in app.switching.work()]
    try:
        for _ in range(5):
            await asyncio.sleep(0)
        assert began.is_set() is asks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await app.gateway.close()
        await app.close()
