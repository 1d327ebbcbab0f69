"""A replaced device carries on the old one's history."""

from typing import Any

import pytest

from ohmstead.domain.calendar import Period
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.telemetry import DAY, SECOND

T0 = 1_763_683_200_000_000


async def test_a_new_meter_counts_on_from_the_old_register(world: Any) -> None:
    old, new = await world.device("OLD"), await world.device("NEW")
    await world.send(old, {0: {"energy": 1000.0, "power": 50.0}, 60: {"energy": 1010.0, "power": 60.0}})
    await world.send(new, {120: {"energy": 77_000.0}, 180: {"energy": 77_005.0}})

    await world.app.replacing.replace(world.admin, old.device.id, new.device.id)
    await world.send(old, {240: {"energy": 77_006.0}})

    energy = old.device.channels["energy"]
    t, v = await world.app.series.raw(energy.id, T0, T0 + DAY, 100)
    assert ((t - T0) // SECOND).tolist() == [0, 60, 120, 180, 240]
    assert v.tolist() == [1000.0, 1010.0, 1010.0, 1015.0, 1016.0]
    world.clock.us = T0 + DAY
    sources = world.app.energy.of_channel(world.admin, energy.id)
    report = await world.app.energy.report(sources, Period.DAY, T0, T0 + DAY)
    assert report.kwh[~(report.kwh != report.kwh)].sum() == pytest.approx(0.016)


async def test_the_old_device_takes_over_serial_and_tokens(world: Any) -> None:
    old, new = await world.device("OLD"), await world.device("NEW")
    gone = new.device.id
    await world.app.replacing.replace(world.admin, old.device.id, gone)
    assert old.device.serial == "NEW"
    assert [t.device_id for t in world.app.tokens.all()] == [old.device.id]
    assert world.app.registry.by_serial == {"NEW": old}
    with pytest.raises(NotFound):
        world.app.registry.get(gone)


async def test_a_channel_that_only_the_new_device_has_comes_along(world: Any) -> None:
    old, new = await world.device("OLD"), await world.device("NEW")
    await world.send(old, {0: {"power": 1.0}})
    await world.send(new, {60: {"power": 2.0, "voltage": 230.0}})
    await world.app.replacing.replace(world.admin, old.device.id, new.device.id)
    _, volts = await world.app.series.raw(old.device.channels["voltage"].id, T0, T0 + DAY, 10)
    assert volts.tolist() == [230.0]


async def test_what_the_new_device_says_meanwhile_is_not_lost(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = await world.device("OLD"), await world.device("NEW")
    await world.send(old, {0: {"energy": 1000.0}})
    await world.send(new, {60: {"energy": 5.0}})
    tokens = world.app.tokens
    rehome = tokens.rehome

    async def interrupted(old_id: int, new_id: int) -> None:
        await world.send(new, {120: {"energy": 7.0}})
        await rehome(old_id, new_id)

    monkeypatch.setattr(tokens, "rehome", interrupted)
    await world.app.replacing.replace(world.admin, old.device.id, new.device.id)
    _, register = await world.app.series.raw(old.device.channels["energy"].id, T0, T0 + DAY, 10)
    assert register.tolist() == [1000.0, 1000.0, 1002.0]


async def test_histories_that_overlap_are_not_mixed(world: Any) -> None:
    old, new = await world.device("OLD"), await world.device("NEW")
    await world.send(old, {60: {"energy": 1.0}})
    await world.send(new, {60: {"energy": 9.0}})
    with pytest.raises(Conflict, match="energy"):
        await world.app.replacing.replace(world.admin, old.device.id, new.device.id)
    assert world.app.registry.get(new.device.id) is new


async def test_a_device_does_not_replace_itself(world: Any) -> None:
    known = await world.device()
    with pytest.raises(InvalidInput):
        await world.app.replacing.replace(world.admin, known.device.id, known.device.id)
