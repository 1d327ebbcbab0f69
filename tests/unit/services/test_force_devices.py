"""Devices that stream force: told when, told again, and not believed to be somebody else."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ohmstead.domain.errors import Forbidden, TooMany, Unavailable
from ohmstead.domain.recording import Trigger
from ohmstead.domain.telemetry import MS, SECOND
from unit.services.lab_rig import Rig

START, STOP = ('{"cmd":"start","command":"start"}', '{"cmd":"stop","command":"stop"}')


def devices(world: Any) -> Any:
    return world.app.laboratory.lab.devices


async def test_a_device_streams_while_anybody_needs_it(world: Any) -> None:
    rig = await Rig.connected(world)
    assert rig.orders == []
    devices(world).hold(rig.device.id, "a", trial=False)
    devices(world).hold(rig.device.id, "b", trial=True)
    assert rig.orders == [START]
    devices(world).release(rig.device.id, "a")
    assert rig.orders == [START]
    devices(world).release(rig.device.id, "b")
    assert rig.orders == [START, STOP]


async def test_a_stop_is_repeated_until_the_data_ends(world: Any) -> None:
    rig = await Rig.connected(world)
    devices(world).hold(rig.device.id, "a", trial=True)
    await rig.stream(1.0)
    devices(world).release(rig.device.id, "a")
    await rig.stream(1.2)
    assert rig.orders == [START, STOP, STOP, STOP]
    world.clock.us += SECOND
    devices(world).tick()
    assert rig.orders[3:] == [STOP]
    assert (await devices(world).sight.get(world.admin, rig.device.id)).note == ""


async def test_one_that_never_stops_is_left_alone_and_named(world: Any) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    assert rig.link.generation == "G1"
    devices(world).hold(rig.device.id, "a", trial=True)
    devices(world).release(rig.device.id, "a")
    await rig.stream(12.0)
    assert rig.orders.count(STOP) == 20
    shown = await devices(world).sight.get(world.admin, rig.device.id)
    assert shown.note == "this firmware goes on sending after a stop"


async def test_the_oldest_generation_starts_with_the_trial_not_with_the_session(world: Any) -> None:
    rig = await Rig.connected(world, kind="esp")
    devices(world).hold(rig.device.id, "session", trial=False)
    assert rig.orders == []
    devices(world).hold(rig.device.id, "trial", trial=True)
    devices(world).release(rig.device.id, "trial")
    assert rig.orders == [START, STOP]


async def test_who_comes_back_is_told_again_what_it_forgot(world: Any) -> None:
    rig = await Rig.connected(world)
    devices(world).hold(rig.device.id, "a", trial=True)
    rig.lose()
    await rig.come_back()
    assert rig.orders == [START, START]


async def test_a_second_device_behind_one_address_is_another_device(world: Any) -> None:
    rig = await Rig.connected(world)
    rig.link.answers = answering(True)
    other = await Rig.connected(world)
    other.link.answers = answering(True)
    assert [other.device.serial, (await Rig.connected(world)).device.serial] == ["10.0.0.5-2", "10.0.0.5-3"]
    assert devices(world).link(rig.device.id) is rig.link  # nobody was displaced
    shown = await devices(world).sight.get(world.admin, rig.device.id)
    assert "?device=" in shown.note


async def test_who_does_not_answer_is_the_one_that_came_back(world: Any) -> None:
    rig = await Rig.connected(world)
    rig.link.answers = answering(False)
    again = await Rig.connected(world)
    assert again.device.serial == "10.0.0.5"
    assert devices(world).link(rig.device.id) is again.link


async def test_who_fell_silent_in_mid_stream_is_not_even_asked(world: Any) -> None:
    """Its next samples cannot wait for an answer that will not come."""
    rig = await Rig.connected(world)
    devices(world).hold(rig.device.id, "a", trial=True)
    await rig.stream(0.5)
    asked: list[float] = []
    rig.link.answers = answering(True, asked)
    await rig.stream(1.2, sent=False)
    again = await Rig.connected(world)
    assert (again.device.serial, asked, again.orders) == ("10.0.0.5", [], [START])


async def test_two_that_come_at_once_are_two(world: Any) -> None:
    first, second = await asyncio.gather(
        *(
            devices(world).connect("10.0.0.6", "esp32", "10.0.0.6", lambda text: None, answers=answering(True))
            for _ in range(2)
        )
    )
    assert {first.known.device.serial, second.known.device.serial} == {"10.0.0.6", "10.0.0.6-2"}


def answering(there: bool, asked: list[float] | None = None) -> Callable[[float], Awaitable[bool]]:
    async def answer(within_s: float) -> bool:
        if asked is not None:
            asked.append(within_s)
        return there

    return answer


async def test_samples_that_the_disk_does_not_take_are_offered_again(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    refusals = iter([True, True, False])
    admit = world.app.ingest.admit

    def full(known: Any) -> None:
        if next(refusals, False):
            raise Unavailable("the disk is full")
        admit(known)

    monkeypatch.setattr("ohmstead.services.force_intake.RETRY_S", 0.001)
    monkeypatch.setattr(world.app.ingest, "admit", full)
    await rig.stream(0.3)
    stored, _ = await world.app.series.raw(rig.channels[0], 0, 1 << 60)
    assert len(stored) == 500


async def test_what_waited_for_room_on_the_disk_goes_there_at_once(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause before each batch would take longer than a device needs to send as many more."""
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    admit, full = world.app.ingest.admit, True

    def admitting(known: Any) -> None:
        if full:
            raise Unavailable("the disk is full")
        admit(known)

    monkeypatch.setattr("ohmstead.services.force_intake.RETRY_S", 30.0)
    monkeypatch.setattr(world.app.ingest, "admit", admitting)
    for _ in range(5):
        ms = list(range(rig.made_ms, rig.made_ms + 100))
        rig.made_ms += 100
        await devices(world).take(rig.link, (ms, [1.0] * 100, [2.0] * 100), "{}")
    full = False
    async with asyncio.timeout(20):
        await devices(world).intake.stored(rig.link)
    stored, _ = await world.app.series.raw(rig.channels[0], 0, 1 << 60)
    assert len(stored) == 700


async def test_samples_that_are_lost_for_good_are_named_in_the_trial(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    lab = world.app.laboratory.lab
    session = await lab.recordings.create(world.admin, kind="imtp", name="Full disk", channels=rig.channels)
    trial = await lab.trials.start(world.admin, session.id, Trigger())

    def full(known: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr("ohmstead.services.force_intake.RETRY_S", 0.001)
    monkeypatch.setattr("ohmstead.services.force_intake.GIVE_UP_S", 0.003)
    monkeypatch.setattr(world.app.ingest, "admit", full)
    with pytest.raises(Unavailable):
        await rig.stream(0.1)
    lost = [m for m in lab.open.trials[trial.id].missing if m.kind == "storage"]
    assert [m.detail for m in lost] == ["200 samples could not be stored"]


async def test_the_last_samples_outlive_the_connection(world: Any) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.1)
    ms = list(range(rig.made_ms, rig.made_ms + 100))
    await devices(world).take(rig.link, (ms, [1.0] * 100, [2.0] * 100), "{}")
    rig.lose()
    await devices(world).shut()
    stored, _ = await world.app.series.raw(rig.channels[0], 0, 1 << 60)
    assert len(stored) == 200


async def test_who_may_not_come_does_not(world: Any) -> None:
    known = await world.device("10.0.0.9")  # owns a token
    with pytest.raises(Forbidden):
        await Rig.connected(world, known.device.serial)
    for n in range(3):
        await Rig.connected(world, f"10.0.1.{n}")
    with pytest.raises(TooMany):
        await Rig.connected(world, "10.0.1.9")


async def test_a_device_that_posts_is_connected_until_it_is_silent(world: Any) -> None:
    link = await devices(world).posting("rig-7", "10.0.0.7")
    assert await devices(world).posting("rig-7", "10.0.0.7") is link
    await devices(world).take(link, ([1, 2, 3], [0.0] * 3, [0.0] * 3), json.dumps({"samples": []}))
    await devices(world).intake.stored(link)
    world.clock.us += 61 * SECOND
    devices(world).tick()
    await asyncio.sleep(0)
    assert devices(world).link(link.known.device.id) is None


async def test_rate_jitter_and_gaps_are_measured(world: Any) -> None:
    rig = await Rig.connected(world)
    await rig.stream(1.0)
    await rig.stream(0.15, sent=False)
    await rig.stream(1.0)
    shown = await devices(world).sight.get(world.admin, rig.device.id)
    assert (shown.gaps, shown.connected, shown.streaming) == (1, True, True)
    assert shown.longest_gap_ms == pytest.approx(151, abs=2)
    assert shown.nominal_hz == pytest.approx(1000, rel=1e-3)
    assert shown.rate_hz is not None
    assert shown.rate_hz < 950
    assert shown.samples == 2000
    assert shown.jitter_us is not None
    assert shown.jitter_us < MS / 100
