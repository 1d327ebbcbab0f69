"""A rollout as it is shown: of thousands of devices, so written by hand, and yet of the shape that is told."""

import json

import pytest

from fleet import Fleet
from ohmstead.api.rollout_schemas import RolloutView
from ohmstead.domain.installation import Patience
from ohmstead.domain.rollout import Window
from world import World


async def shown(fleet: Fleet, rollout_id: int) -> bytes:
    rollouts, ada = fleet.updates.rollouts, fleet.world.admin
    found = await rollouts.installations(ada, rollout_id)
    return await RolloutView.encoded(rollouts.get(ada, rollout_id), found, fleet.updates)


async def test_what_is_shown_is_of_the_shape_that_is_told(world: World) -> None:
    fleet = Fleet(world)
    members = [*await fleet.join(2, unhealthy=True), *await fleet.join(1, crashes=True), *await fleet.join(3)]
    terms = {
        "waves": (0.5, 1.0),
        "error_threshold": 1.0,
        "window": Window(0, 23 * 60),
        "patience": Patience(healthy_s=0),
    }
    rollout = await fleet.start(await fleet.release(), members, **terms)
    await fleet.live(120)
    body = await shown(fleet, rollout.id)
    view = RolloutView.model_validate_json(body)
    assert json.loads(view.model_dump_json(by_alias=True)) == json.loads(body)
    assert (view.state, view.counts) == ("stopped", [{"failed": 3}, {"cancelled": 3}])
    assert [(one.reason, one.count) for one in view.failures] == [("health", 2), ("tries", 1)]
    assert view.failures[0].device_ids == [str(member.known.device.id) for member in members[:2]]
    assert {(one.from_, one.to) for one in view.installations} == {("1.0.0", "1.1.0")}


async def test_others_have_their_turn_while_a_large_one_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ohmstead.api.rollout_schemas.INSTALLATIONS_PER_TURN", 2)
    turns = 0

    async def counted(_: float) -> None:
        nonlocal turns
        turns += 1

    fleet = Fleet(world)
    rollout = await fleet.start(await fleet.release(), await fleet.join(7))
    monkeypatch.setattr("ohmstead.api.rollout_schemas.asyncio.sleep", counted)
    body = await shown(fleet, rollout.id)
    monkeypatch.undo()
    assert (len(json.loads(body)["installations"]), turns) == (7, 3)
