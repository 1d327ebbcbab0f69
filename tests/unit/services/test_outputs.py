"""What time and devices do to outputs: policies, timers, proof; a clock that is told."""

from typing import Any

import pytest

from ohmstead.database import DiskFull
from ohmstead.domain.command import Offer
from ohmstead.domain.output import Output, OutputConfirmed, OutputSettings, OutputUnconfirmed, Policy
from ohmstead.domain.telemetry import MINUTE, SECOND

NO_OFFERS: list[Offer] = []


async def an_output(world: Any, serial: str = "N1", **settings: Any) -> Output:
    known = world.app.registry.by_serial.get(serial) or await world.device(serial)
    rooms = world.app.control.outputs.rooms
    room = next(iter(rooms.all()), None) or await rooms.add(world.admin, "Hall")
    output: Output = await world.app.control.outputs.add(
        world.admin, "Lamp", room.id, known.device.id, settings=OutputSettings(**settings)
    )
    return output


def device(world: Any, output: Output) -> Any:
    return world.app.registry.get(output.device)


def report(world: Any, output: Output, state: Any, version: int | None = None) -> None:
    shadows = world.app.control.shadows
    seen = shadows.of(output.device).version if version is None else version
    device(world, output).presence.heard(world.clock.now())
    shadows.report(device(world, output), seen, {output.field: state})


def view(world: Any, output: Output) -> Any:
    outputs = world.app.control.outputs
    return outputs.view(outputs.known(output.id))


async def full(*_: Any, **__: Any) -> None:
    raise DiskFull("the disk is full")


async def later(world: Any, seconds: int) -> None:
    world.clock.us += seconds * SECOND
    await world.app.control.outputs.tick()


@pytest.fixture
def facts(world: Any) -> list[Any]:
    told: list[Any] = []
    world.app.bus.subscribe(OutputUnconfirmed, told.append)
    world.app.bus.subscribe(OutputConfirmed, told.append)
    return told


async def switch(world: Any, output: Output, state: Any = "on", **options: Any) -> None:
    await world.app.control.outputs.switch(world.admin, output.id, state, **options)


class TestProof:
    async def test_a_device_that_does_not_do_it_is_told_once(self, world: Any, facts: list[Any]) -> None:
        output = await an_output(world)
        device(world, output).presence.connections = 1
        await switch(world, output)
        await later(world, 59)
        assert facts == []
        await later(world, 1)
        await later(world, 600)
        assert [(f.output, f.desired, f.reason) for f in facts] == [(output.id, "on", "its device did not do it")]
        report(world, output, "on")
        assert facts[1:] == [OutputConfirmed(output.id, output.device)]

    async def test_an_output_its_device_does_not_have_is_named_as_such(self, world: Any, facts: list[Any]) -> None:
        output = await an_output(world)
        world.app.control.shadows.hello(device(world, output), "b1", [Offer("set", {"lamp": "switch"})])
        device(world, output).presence.connections = 1
        await switch(world, output)
        report(world, output, None)  # it says nothing of what it does not know
        await later(world, 61)
        assert [fact.reason for fact in facts] == ["its device knows no output relay; it announced: lamp"]
        assert view(world, output).doubt == facts[0].reason

    async def test_each_setting_is_proved_anew(self, world: Any, facts: list[Any]) -> None:
        output = await an_output(world)
        for state in ("on", "off"):
            await switch(world, output, state)
            await later(world, 61)
        assert [(f.desired, f.reason) for f in facts] == [
            ("on", "its device is offline"),
            ("off", "its device is offline"),
        ]

    async def test_on_without_watts_is_a_doubt_after_a_few_samples(self, world: Any, facts: list[Any]) -> None:
        output = await an_output(world)
        await world.send(device(world, output), {0: {"power": 0.0}})
        world.clock.us += SECOND
        await switch(world, output)
        report(world, output, "on")
        for second in range(2, 7):
            await world.send(device(world, output), {second: {"power": 0.1}})
        await later(world, 1)
        assert [f.reason for f in facts] == ["its device says on, but no power is drawn"]
        await world.send(device(world, output), {8: {"power": 60.0}})
        assert facts[1:] == [OutputConfirmed(output.id, output.device)]
        assert view(world, output).confirmed

    async def test_with_a_second_output_the_only_meter_proves_neither(self, world: Any) -> None:
        output = await an_output(world)
        await world.send(device(world, output), {0: {"power": 0.0}})
        assert view(world, output).power_channel is not None
        outputs = world.app.control.outputs
        await outputs.add(world.admin, "Other", output.room_id, output.device, "other")
        assert view(world, output).power_channel is None


class TestPolicies:
    async def test_a_lost_link_is_answered_once(self, world: Any) -> None:
        output = await an_output(world, lost_link=Policy.OFF, lost_link_s=120)
        await switch(world, output, "on")
        report(world, output, "on")
        await later(world, 30)
        assert view(world, output).desired == "on"
        for _ in range(4):
            await later(world, 60)
        assert (view(world, output).desired, view(world, output).wish.author) == ("off", "lost link")
        await switch(world, output, "on")  # a person knows better
        await later(world, 600)
        assert view(world, output).desired == "on"

    async def test_what_was_wished_after_the_link_was_lost_is_newer(self, world: Any) -> None:
        output = await an_output(world, lost_link=Policy.OFF, lost_link_s=120)
        await switch(world, output, "off")
        report(world, output, "off")
        await later(world, 70)
        await switch(world, output, "on")  # its device is away, and whoever switches knows it
        for _ in range(4):
            await later(world, 60)
        assert (view(world, output).desired, view(world, output).wish.author) == ("on", "ada")

    async def test_a_disk_that_is_full_for_a_while_loses_no_policy(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        boots = await an_output(world, "N1", boot=Policy.OFF)
        away = await an_output(world, "N2", lost_link=Policy.OFF, lost_link_s=60)
        shadows = world.app.control.shadows
        shadows.hello(device(world, boots), "b1", NO_OFFERS)
        for output in (boots, away):
            await switch(world, output, "on")
            report(world, output, "on")
        shadows.hello(device(world, boots), "b2", [Offer("policies")])
        await later(world, 65)
        with monkeypatch.context() as broken:
            broken.setattr(world.app.database, "write", full)
            for _ in range(3):
                with pytest.raises(DiskFull):
                    await later(world, 60)
        await later(world, 1)
        assert {view(world, output).desired for output in (boots, away)} == {"off"}
        assert "policies" in shadows.of(boots.device).document()

    async def test_one_that_cannot_be_set_stops_no_other(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        stuck, free = await an_output(world, "N1"), await an_output(world, "N2")
        for output in (stuck, free):
            await switch(world, output, "on", for_s=10)
        await world.app.control.shadows.wish(stuck.device, {"note": "x" * 40}, author="ada")
        monkeypatch.setattr("ohmstead.services.shadows.LONGEST_DOCUMENT", 30)
        await later(world, 11)
        assert (view(world, stuck).desired, view(world, free).desired) == ("on", "off")

    async def test_after_a_restart_of_its_device_it_takes_what_the_policy_says(self, world: Any) -> None:
        output = await an_output(world, boot=Policy.OFF)
        shadows = world.app.control.shadows
        shadows.hello(device(world, output), "b1", NO_OFFERS)
        await switch(world, output, "on")
        await later(world, 1)
        assert view(world, output).desired == "on"  # the first hello is no restart
        shadows.hello(device(world, output), "b1", NO_OFFERS)
        await later(world, 1)
        assert view(world, output).desired == "on"  # nor is one of the same start
        shadows.hello(device(world, output), "b2", NO_OFFERS)
        await later(world, 1)
        assert (view(world, output).desired, view(world, output).wish.author) == ("off", "restart of the device")

    async def test_a_flapping_device_makes_no_flood_of_versions(self, world: Any) -> None:
        output = await an_output(world, boot=Policy.OFF)
        await switch(world, output, "on")
        for n in range(200):
            world.app.control.shadows.hello(device(world, output), f"b{n}", NO_OFFERS)
            device(world, output).presence.gone = bool(n % 2)
            await later(world, 1)
        assert world.app.control.shadows.of(output.device).version == 2

    async def test_a_device_that_keeps_policies_itself_is_told_them(self, world: Any) -> None:
        output = await an_output(world, boot=Policy.ON, lost_link=Policy.OFF, lost_link_s=5)
        world.app.control.shadows.hello(device(world, output), "b1", [Offer("policies")])
        await later(world, 1)
        assert world.app.control.shadows.of(output.device).document()["policies"] == {
            "relay": {"boot": "on", "lost_link": "off", "lost_link_s": 5}
        }
        await later(world, 1)
        assert world.app.control.shadows.of(output.device).version == 1


class TestTimers:
    async def test_what_somebody_did_at_the_device_ends_the_timer(self, world: Any) -> None:
        output = await an_output(world)
        await switch(world, output, "on", for_s=600)
        report(world, output, "on")
        report(world, output, "off")
        assert world.app.control.outputs.known(output.id).until_at is None
        assert view(world, output).wish.author == "device"

    async def test_off_for_a_while_goes_back_to_what_was_on(self, world: Any) -> None:
        output = await an_output(world)
        await switch(world, output, "on")
        await switch(world, output, "off", for_s=60)
        await later(world, 61)
        assert (view(world, output).desired, view(world, output).wish.author) == ("on", "timer")

    async def test_what_cannot_be_stored_was_not_switched(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        output = await an_output(world)

        async def full(*_: Any, **__: Any) -> None:
            raise OSError("no space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(world.app.database, "write", full)
            with pytest.raises(OSError, match="no space"):
                await switch(world, output, "on", for_s=10)
            with pytest.raises(OSError, match="no space"):
                await world.app.control.outputs.change(world.admin, output.id, name="Other")
        assert view(world, output).desired is None
        kept = world.app.control.outputs.known(output.id)
        assert (kept.until_at, kept.name) == (None, "Lamp")


async def test_a_device_offline_for_long_is_not_asked_again_and_again(world: Any) -> None:
    output = await an_output(world, lost_link=Policy.OFF, lost_link_s=1)
    await switch(world, output, "off")
    for _ in range(10):
        await later(world, MINUTE // SECOND)
    assert world.app.control.shadows.of(output.device).version == 1  # it is wished off already
