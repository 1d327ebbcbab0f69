"""A meter of system 003 after it fetched its image: what it says it runs, if it says so at all."""

import pytest

from esp_images import esp_image
from ohmstead.domain import firmware
from ohmstead.domain.device import DeviceState
from ohmstead.domain.installation import InstallationState, Patience
from ohmstead.domain.release import Channel
from ohmstead.domain.rollout import Terms
from ohmstead.domain.telemetry import Batch, Run
from ohmstead.services.registry import Known
from world import World

TERMS = Terms(waves=(1.0,), patience=Patience(healthy_s=0, sensors=False))


def reads(world: World, meter: Known, version: str | None) -> None:
    details = {"device_id": "1"} | ({} if version is None else {"firmware_version": version})
    world.app.ingest.submit(meter, Batch([Run(("power",), [world.clock.us], [90.0])], details=details), world.clock.us)


async def pass_s(world: World, seconds: int) -> None:
    world.clock.us += seconds * 1_000_000
    await world.app.updating.runner.look()
    while await world.app.updating.runner.begin():
        pass


@pytest.mark.parametrize(
    ("before", "after", "state", "reason", "runs"),
    [
        ("1.0", "2.0", "confirmed", "", "2.0"),
        ("1.0", "1.0", "failed", "it came back with 1.0", "1.0"),
        ("1.0", "2.0-custom", "confirmed", "", "2.0-custom"),
        (None, None, "confirmed", "", "2.0"),
    ],
    ids=["the new one", "the old one", "as its maker calls it", "says nothing"],
)
async def test_what_a_meter_says_it_runs_is_believed(
    world: World, before: str | None, after: str | None, state: str, reason: str, runs: str
) -> None:
    app, updates, ada = world.app, world.app.updating.updates, world.admin
    meter = app.registry.create("SN1", "SN1", DeviceState.CLAIMED, "meter", world.clock.us)
    reads(world, meter, before)
    image = await updates.releases.add_image(ada, esp_image(), "firmware.bin", ["esp32"], "2.0", Channel.STABLE, "")
    rollout = await updates.rollouts.start(ada, image.id, [meter.device.id], TERMS)
    await pass_s(world, 1)
    (one,) = await updates.rollouts.installations(ada, rollout.id)
    assert (one.state, one.from_version) == (InstallationState.OFFERED, before)
    piece = await updates.releases.piece(image, "")
    async for _ in updates.downloads.send(piece, 0, len(piece.content), meter.device.id):
        pass
    await pass_s(world, 1)
    for _ in range(4):
        await pass_s(world, 4)
        reads(world, meter, after)
    await pass_s(world, 1)
    await pass_s(world, 1)
    (one,) = await updates.rollouts.installations(ada, rollout.id)
    assert (one.state.value, one.reason) == (state, reason)
    reads(world, meter, after)
    assert firmware.running(meter.device) == runs
