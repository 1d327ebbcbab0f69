"""Steps of installations, their lines and shadows of devices, the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from ohmstead.database import Database
from ohmstead.database.often import Often
from ohmstead.database.schema import metadata
from ohmstead.domain.device import Device, DeviceState
from ohmstead.domain.installation import Happened, Health, Installation, InstallationState
from ohmstead.domain.release import Channel, Kind, Release, ReleaseFile
from ohmstead.domain.rollout import Rollout, RolloutState, Terms
from ohmstead.domain.shadow import Report, Shadow, Wish
from ohmstead.storage import devices, releases, rollouts, shadows
from ohmstead.storage.shadows import Stored

S = InstallationState
FILES = (ReleaseFile("main.mpy", 1, "b" * 64),)
RELEASE = Release(1, Kind.BUNDLE, "1.1.0", ("esp32",), "a" * 64, FILES, None, None, 1, Channel.STABLE, "", "ada", 1)
ROLLOUT = Rollout(1, 1, "ada", 1, RolloutState.RUNNING, Terms(waves=(0.5, 1.0)), (1, 1))
PLANNED = [Installation(1, device, device - 1, S.PLANNED, None, "1.1.0") for device in (1, 2)]


@pytest.fixture
async def database(place: Callable[[], str]) -> AsyncIterator[Database]:
    opened = Database.open(place(), metadata=metadata)
    opened.start(asyncio.get_running_loop())
    await opened.write(two_devices_and_a_rollout)
    yield opened
    await opened.close()


def two_devices_and_a_rollout(connection: sa.Connection) -> None:
    for number in (1, 2):
        devices.insert(connection, Device(number, f"F{number}", f"F{number}", DeviceState.CLAIMED, "native", 1))
    releases.insert(connection, RELEASE)
    rollouts.insert(connection, ROLLOUT, PLANNED)


async def test_steps_and_their_lines(database: Database) -> None:
    before = Health({"power": 7}, 30_000.0, None, 5)
    first = replace(PLANNED[0], state=S.FAILED, reason="health: it's \u201coff\u201d", before=before, absent_since=9)
    lines = [Happened(1, 1, 5, "offered", ""), Happened(1, 1, 6, "failed", "why"), Happened(1, 2, 6, "offered", "")]
    gone = Happened(1, 99, 6, "offered", "")
    await database.write(rollouts.stored([first], [*lines, gone]))
    await database.write(rollouts.stored([], [Happened(1, 1, 8, "cancelled", "")]))
    assert await database.read(lambda c: rollouts.installations(c, [1])) == [first, PLANNED[1]]
    assert await database.read(lambda c: rollouts.timeline(c, 1, 1)) == [*lines[:2], Happened(1, 1, 8, "cancelled", "")]
    assert await database.read(lambda c: rollouts.timeline(c, 1, 2)) == lines[2:]
    moved = replace(ROLLOUT, state=RolloutState.STOPPED, wave=1, reason="enough", clock=1 << 40)
    await database.write(lambda c: rollouts.update(c, moved))
    assert await database.read(rollouts.load) == [moved]


async def test_shadows_of_devices_that_are_there(database: Database) -> None:
    shadow = Shadow(3, {"release": Wish({"id": "1"}, 3, 1, "ada", "", False)}, {"on": Report(None, 5)}, 2, None)
    first = {1: Stored(shadow), 99: Stored(shadow)}
    await database.write(lambda c: shadows.put_all(c, first))
    both = {1: Stored(Shadow(4), "boot", ()), 2: Stored(shadow)}
    await database.write(lambda c: shadows.put_all(c, both))
    assert await database.read(shadows.load) == both
    await database.write(lambda c: devices.update_details(c, 2, {"firmware": "1.1.0"}))
    assert [one.details for one in await database.read(devices.load)] == [{}, {"firmware": "1.1.0"}]


async def test_what_a_statement_cannot_do_undoes_its_own_closure_only(database: Database) -> None:
    again = Often(sa.insert(devices.device).from_select(["id"], sa.select(sa.bindparam("id", type_=sa.BigInteger))))

    def clash(connection: sa.Connection) -> Any:
        devices.update_details(connection, 1, {"firmware": "2.0.0"})
        return again(connection, [{"id": 1}])

    failed, stored = await asyncio.gather(
        database.write(clash),
        database.write(lambda c: devices.update_details(c, 2, {"firmware": "1.2.0"})),
        return_exceptions=True,
    )
    assert isinstance(failed, Exception)
    assert stored is None
    assert [one.details for one in await database.read(devices.load)] == [{}, {"firmware": "1.2.0"}]
