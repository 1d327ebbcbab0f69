"""Rollouts over a fleet of simulated devices: they go on by themselves, stop by themselves, and survive everything."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from esp_images import esp_image
from fleet import Fleet, Member
from ohmstead.app import App
from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput
from ohmstead.domain.installation import Patience
from ohmstead.domain.release import Channel
from ohmstead.domain.rollout import Rollout, RolloutState, Window
from ohmstead.settings import Settings
from world import World

QUICK = Patience(healthy_s=60, return_s=300, offer_s=600, stall_s=300)


@pytest.fixture
def fleet(world: World) -> Fleet:
    return Fleet(world)


async def test_a_good_release_reaches_everyone_wave_by_wave(fleet: Fleet) -> None:
    await fleet.join(20)
    rollout = await fleet.start(await fleet.release(), patience=QUICK)
    assert rollout.sizes == (1, 4, 15)
    seen = []
    while fleet.rollout(rollout).state is RolloutState.RUNNING:
        await fleet.live(30)
        seen.append(sum(member.device.firmware == "1.1.0" for member in fleet.members))
    assert fleet.rollout(rollout).state is RolloutState.DONE
    assert set((await fleet.states(rollout)).values()) == {"confirmed"}
    assert [n for n, before in zip(seen, [0, *seen], strict=False) if n != before] == [1, 5, 20]
    assert all(member.offer is None for member in fleet.members)


async def test_a_bad_release_stops_in_its_first_wave_and_harms_nobody(fleet: Fleet) -> None:
    for n in range(40):
        await fleet.join(1, unhealthy=n % 5 == 1)
    rollout = await fleet.start(await fleet.release(), waves=(0.25, 1.0), patience=QUICK)
    await fleet.live(600)
    after = fleet.rollout(rollout)
    assert (after.state, after.wave) == (RolloutState.STOPPED, 0)
    assert after.reason.startswith("wave 1: 2 of 10 failed (20%")
    states = Counter((await fleet.states(rollout)).values())
    assert states == {"confirmed": 8, "failed": 2, "cancelled": 30}
    assert {why for why in (await fleet.reasons(rollout)).values() if why.startswith("health")}
    assert all(m.device.firmware == "1.0.0" for m in fleet.members if m.device.fault.unhealthy)
    assert sum(member.device.firmware == "1.1.0" for member in fleet.members) == 8


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("never_back", "it never came back"),
        ("crashes", "tries: did not start"),
        ("deaf", "it says it runs 1.1.0, but never reported this release"),
    ],
)
async def test_what_a_device_does_wrong_is_told(fleet: Fleet, fault: str, reason: str) -> None:
    (member,) = await fleet.join(1, **{fault: True})
    rollout = await fleet.start(await fleet.release(), [member], patience=QUICK)
    await fleet.live(60)
    if fault == "never_back":
        member.known.presence.gone = True
    await fleet.live(900)
    assert await fleet.reasons(rollout) == {"F0": reason}
    assert fleet.rollout(rollout).state is RolloutState.STOPPED


async def test_success_without_the_version_is_a_lie(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    release = await fleet.release()
    rollout = await fleet.start(release, [member], patience=QUICK)
    await fleet.tick()
    member.report({"id": str(release.id), "state": "confirmed", "progress": 1})
    member.device.fault.deaf = True  # it does not even try
    for _ in range(10):
        fleet.world.clock.us += 30_000_000
        member.hello() if member.boots < 2 else None
        member.known.presence.heard(fleet.world.clock.us)
        await fleet.tick()
    assert await fleet.reasons(rollout) == {"F0": "it reports success, but runs 1.0.0"}


async def test_a_version_that_is_left_again_while_it_is_proven_has_failed(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    rollout = await fleet.start(await fleet.release(), [member], patience=QUICK)
    await fleet.live(60)
    assert await fleet.states(rollout) == {"F0": "proving"}
    member.device.slot = "a"
    member.hello()
    await fleet.tick()
    assert await fleet.reasons(rollout) == {"F0": "it went back to 1.0.0"}


async def _reading(fleet: Fleet, member: Member, minutes: int, key: str = "power") -> None:
    for _ in range(minutes):
        await fleet.live(30)
        fleet.world.clock.us += 30_000_000
        second = (fleet.world.clock.us - 1_763_683_200_000_000) // 1_000_000
        await fleet.world.send(member.known, {second: {key: 1.0}})


async def test_a_sensor_that_reads_no_more_fails_the_release(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    await _reading(fleet, member, 5)
    rollout = await fleet.start(await fleet.release(), [member], patience=QUICK)
    await fleet.live(900)
    assert await fleet.reasons(rollout) == {"F0": "sensors: power read no more"}


async def test_sensors_that_go_on_reading_confirm_it(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    await _reading(fleet, member, 5)
    rollout = await fleet.start(await fleet.release(), [member], patience=QUICK)
    await _reading(fleet, member, 8)
    assert await fleet.states(rollout) == {"F0": "confirmed"}


@pytest.mark.parametrize(
    ("health", "reason"),
    [({"heap": 20_000, "signal": -60}, "memory: 20000"), ({"heap": 90_000, "signal": -80}, "signal: -80 dBm, was -60")],
    ids=["memory", "signal"],
)
async def test_a_device_that_is_worse_off_than_before_has_failed(
    fleet: Fleet, health: dict[str, int], reason: str
) -> None:
    (member,) = await fleet.join(1)
    member.say("reported", {"version": 0, "state": {"health": {"heap": 90_000, "signal": -60}}})
    rollout = await fleet.start(await fleet.release(), [member], patience=QUICK)
    await fleet.live(60)
    version = fleet.world.app.control.shadows.of(member.known.device.id).version
    member.say("reported", {"version": version, "state": {"health": health}})
    await fleet.live(120)
    assert (await fleet.reasons(rollout))["F0"].startswith(reason)


async def test_pause_holds_the_next_wave_and_stop_takes_offers_back(fleet: Fleet) -> None:
    members = await fleet.join(10)
    rollouts, ada = fleet.updates.rollouts, fleet.world.admin
    rollout = await fleet.start(await fleet.release(), members, waves=(0.2, 1.0), patience=QUICK)
    await fleet.live(30)
    await rollouts.pause(ada, rollout.id)
    await fleet.live(600)
    assert Counter((await fleet.states(rollout)).values()) == {"confirmed": 2, "planned": 8}
    await rollouts.resume(ada, rollout.id)
    await fleet.tick()
    await fleet.tick()
    assert sum(member.offer is not None for member in members) == 8
    stopped = await rollouts.stop(ada, rollout.id)
    assert (stopped.state, stopped.reason) == (RolloutState.STOPPED, "stopped by ada")
    assert all(member.offer is None for member in members)
    with pytest.raises(Conflict, match="is stopped"):
        await rollouts.resume(ada, rollout.id)


async def test_roll_back_brings_everyone_to_the_last_good_release(fleet: Fleet) -> None:
    members = await fleet.join(4)
    first, second = await fleet.release("1.0.0", files={"main.mpy": b"one"}), await fleet.release("1.1.0")
    rollout = await fleet.start(second, members, waves=(0.5, 1.0), patience=QUICK)
    await fleet.live(60)
    await fleet.updates.rollouts.roll_back(fleet.world.admin, rollout.id)
    (back,) = fleet.updates.rollouts.rolled_back_by(rollout.id)
    await fleet.live(300)
    assert {member.device.firmware for member in members} == {"1.0.0"}
    undone = fleet.updates.rollouts.get(fleet.world.admin, back)
    assert (undone.state, undone.release, undone.undoes) == (RolloutState.DONE, first.id, rollout.id)
    assert fleet.rollout(rollout).reason == "rolled back by ada"
    with pytest.raises(Conflict, match="already"):
        await fleet.updates.rollouts.roll_back(fleet.world.admin, rollout.id)


async def test_roll_back_brings_nobody_an_image_of_the_same_version(fleet: Fleet) -> None:
    members, ada = await fleet.join(1), fleet.world.admin
    rollout = await fleet.start(await fleet.release(), members, waves=(1.0,), patience=QUICK)
    await fleet.live(180)
    add = fleet.updates.releases.add_image
    await add(ada, esp_image(), "firmware.bin", ["esp32"], "1.0.0", Channel.STABLE, "")
    assert not await fleet.updates.rollouts.roll_back(ada, rollout.id)
    assert "1 cannot go back" in fleet.rollout(rollout).reason


async def test_roll_back_says_who_cannot_go_back(fleet: Fleet) -> None:
    members = await fleet.join(2)
    rollout = await fleet.start(await fleet.release(), members, waves=(1.0,), patience=QUICK)
    await fleet.live(180)
    assert not await fleet.updates.rollouts.roll_back(fleet.world.admin, rollout.id)
    assert "2 cannot go back" in fleet.rollout(rollout).reason


async def test_no_device_goes_back_unless_a_reason_is_given(fleet: Fleet) -> None:
    members = await fleet.join(1, version="2.0.0")
    release = await fleet.release("1.5.0")
    with pytest.raises(InvalidInput, match="downgrade_reason"):
        await fleet.start(release, members)
    with pytest.raises(InvalidInput, match="no device needs"):
        await fleet.start(release)
    rollout = await fleet.start(release, members, waves=(1.0,), downgrade_reason="2.0.0 loses samples", patience=QUICK)
    await fleet.live(180)
    assert await fleet.states(rollout) == {"F0": "confirmed"}
    assert members[0].device.firmware == "1.5.0"


async def test_a_release_goes_only_where_it_fits(fleet: Fleet) -> None:
    await fleet.join(1, board="esp8266")
    release = await fleet.release()
    with pytest.raises(InvalidInput, match="board: F0 is esp8266"):
        await fleet.start(release, fleet.members)
    with pytest.raises(InvalidInput, match="no device needs version"):
        await fleet.start(release)
    both = await fleet.join(2)
    await fleet.start(release, both)
    with pytest.raises(Conflict, match="F1 still take part in rollout 1"):
        await fleet.start(release, both[:1])
    viewer = Principal("vic", ROLES[Role.VIEWER], user=2, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        await fleet.updates.rollouts.stop(viewer, 1)


async def test_offers_are_made_inside_the_window_only(fleet: Fleet) -> None:
    members = await fleet.join(1)  # it is 01:00 in Vienna
    await fleet.start(await fleet.release(), members, waves=(1.0,), window=Window(2 * 60, 3 * 60), patience=QUICK)
    await fleet.live(59 * 60, step=60)
    assert members[0].offer is None
    await fleet.live(120, step=60)
    assert members[0].offer is not None or members[0].device.firmware == "1.1.0"


async def test_the_deadline_ends_it_with_who_never_came(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    await member.leave()
    until = fleet.world.clock.us + 3600_000_000
    rollout = await fleet.start(await fleet.release(), [member], waves=(1.0,), deadline_at=until, patience=QUICK)
    await fleet.live(3700, step=60)
    assert (fleet.rollout(rollout).reason, member.offer) == ("its time was up", None)
    assert await fleet.states(rollout) == {"F0": "cancelled"}


async def test_who_is_away_holds_nobody_up_and_is_followed_later(fleet: Fleet) -> None:
    members = await fleet.join(4)
    await members[1].leave()
    rollout = await fleet.start(await fleet.release(), members, waves=(0.5, 1.0), patience=QUICK)
    await fleet.live(1200)
    assert Counter((await fleet.states(rollout)).values()) == {"confirmed": 3, "offered": 1}
    members[1].online, members[1].known.presence.gone = True, False
    await fleet.live(300)
    assert fleet.rollout(rollout).state is RolloutState.DONE


@pytest.mark.parametrize("leap_s", [86_400, -86_400], ids=["forward", "back"])
async def test_a_clock_that_leaps_makes_no_device_late(fleet: Fleet, leap_s: int) -> None:
    (member,) = await fleet.join(1)
    rollout = await fleet.start(await fleet.release(), [member], waves=(1.0,), patience=QUICK)
    await fleet.tick()
    fleet.world.clock.us += leap_s * 1_000_000
    member.known.presence.heard(fleet.world.clock.us)
    await fleet.tick()
    assert await fleet.states(rollout) == {"F0": "offered"}
    await fleet.live(240)
    assert await fleet.states(rollout) == {"F0": "confirmed"}


async def test_a_revoked_key_stops_what_it_signed(fleet: Fleet) -> None:
    members = await fleet.join(3)
    release = await fleet.release()
    rollout = await fleet.start(release, members, waves=(1.0,), patience=QUICK)
    await fleet.tick()
    await fleet.updates.keys.revoke(fleet.world.admin, str(release.key_id))
    await fleet.live(30)
    assert fleet.rollout(rollout).reason == "the key that signed it is not trusted any more"
    assert {member.device.firmware for member in members} == {"1.0.0"}


async def test_a_deleted_device_leaves_its_rollout(fleet: Fleet) -> None:
    members = await fleet.join(2)
    rollout = await fleet.start(await fleet.release(), members, waves=(1.0,), patience=QUICK)
    await fleet.tick()
    await fleet.world.app.devices.delete(fleet.world.admin, members[0].known.device.id)
    fleet.members = members[1:]
    await fleet.live(300)
    assert fleet.rollout(rollout).state is RolloutState.DONE


async def test_a_restart_of_the_server_changes_nothing(world: World, tmp_path: Path) -> None:
    fleet = Fleet(world)
    members = await fleet.join(6)
    rollout = await fleet.start(await fleet.release(), members, waves=(0.5, 1.0), patience=QUICK)
    await fleet.live(60)
    before = await fleet.states(rollout)
    assert Counter(before.values()) == {"proving": 3, "planned": 3}
    await world.app.gateway.close()
    await world.app.close()
    app = App(Settings(data_dir=tmp_path, unclaimed_devices=3, zone="Europe/Vienna"))
    await app.start()
    world.app = app
    again = Fleet(world)
    for member in members:
        member.known = app.registry.by_serial[member.known.device.serial]
        again.members.append(member)
    assert await again.states(rollout) == before
    await again.live(600)
    assert set((await again.states(rollout)).values()) == {"confirmed"}
    assert again.rollout(rollout).state is RolloutState.DONE


async def test_the_timeline_of_a_device_tells_each_step(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    rollout = await fleet.start(await fleet.release(), [member], waves=(1.0,), patience=QUICK)
    await fleet.tick()
    await fleet.live(180)
    told = await fleet.updates.rollouts.timeline(fleet.world.admin, rollout.id, member.known.device.id)
    # Downloading, verifying and restarting were over within one look.
    steps = ["offered", "downloading", "verifying", "restarting", "proving", "confirmed"]
    assert [one.state for one in told] == steps
    (group,) = fleet.updates.rollouts.fleet(fleet.world.admin)
    assert (group.board, group.version, len(group.devices)) == ("esp32", "1.1.0", 1)


async def offered(fleet: Fleet, rollout: Rollout) -> list[str]:
    return [serial for serial, state in (await fleet.states(rollout)).items() if state == "offered"]


async def test_devices_begin_one_by_one_as_places_come_free(fleet: Fleet) -> None:
    members = await fleet.join(4)
    rollout = await fleet.start(await fleet.release(), members, waves=(1.0,), at_once=2, patience=QUICK)
    assert await fleet.runner.begin()
    assert await offered(fleet, rollout) == ["F0"]
    assert await fleet.runner.begin()
    assert not await fleet.runner.begin()
    assert await offered(fleet, rollout) == ["F0", "F1"]
    await members[0].act()  # it restarts
    await fleet.runner.attend()
    assert await fleet.runner.begin()
    assert not await fleet.runner.begin()
    assert await offered(fleet, rollout) == ["F1", "F2"]


async def test_two_rollouts_take_turns(fleet: Fleet) -> None:
    members = await fleet.join(6)
    first = await fleet.start(await fleet.release(), members[:3], waves=(1.0,), patience=QUICK)
    second = await fleet.start(await fleet.release("1.2.0"), members[3:], waves=(1.0,), patience=QUICK)
    for _ in range(4):
        await fleet.runner.begin()
        fleet.world.clock.us += 1000
    assert (await offered(fleet, first), await offered(fleet, second)) == (["F0", "F1"], ["F3", "F4"])


async def test_those_that_reported_are_looked_at_a_few_at_a_time(fleet: Fleet) -> None:
    members = await fleet.join(10)
    rollout = await fleet.start(await fleet.release(), members, waves=(1.0,), patience=QUICK)
    await fleet.tick()
    for member in members:
        await member.act()
    seen = []
    for _ in range(3):
        await fleet.runner.attend()
        seen.append(Counter((await fleet.states(rollout)).values())["proving"])
    assert seen == [8, 10, 10]


async def test_a_failure_that_is_one_too_many_ends_it_before_anyone_else_begins(fleet: Fleet) -> None:
    (bad,) = await fleet.join(1, unhealthy=True)
    await fleet.join(1)
    rollout = await fleet.start(await fleet.release(), fleet.members, waves=(1.0,), at_once=1, patience=QUICK)
    await fleet.runner.begin()
    await bad.act()
    await fleet.runner.attend()
    assert fleet.rollout(rollout).state is RolloutState.STOPPED
    assert not await fleet.runner.begin()
    assert bad.device.firmware == "1.0.0"


async def test_it_goes_on_by_itself(fleet: Fleet) -> None:
    members = await fleet.join(3)
    rollout = await fleet.start(await fleet.release(), members, waves=(1.0,), patience=Patience(healthy_s=0))
    running = asyncio.create_task(fleet.runner.run())
    async with asyncio.timeout(10):
        while fleet.rollout(rollout).state is RolloutState.RUNNING:
            for member in members:
                await member.act()
            fleet.world.clock.us += 100_000
            await asyncio.sleep(0.01)
    running.cancel()
    assert set((await fleet.states(rollout)).values()) == {"confirmed"}
