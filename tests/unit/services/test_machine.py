import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ohmstead.domain.telemetry import HOUR
from ohmstead.services.machine import Machine

GIB = 1 << 30


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Any:
    usage = SimpleNamespace(total=32 * GIB, used=2 * GIB, free=30 * GIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    return usage


def grow(folder: Path, size: int) -> None:
    (folder / "ohmstead.db").write_bytes(bytes(size))


def test_a_disk_is_full_at_the_pace_since_the_start(tmp_path: Path, disk: Any) -> None:
    grow(tmp_path, 1000)
    machine = Machine(tmp_path, started_at=0)
    grow(tmp_path, 3000)
    disk.free = 20_000
    room = machine.room(12 * HOUR)
    assert (room.data_bytes, room.full_in_s) == (3000, 10 * 12 * 3600)


def test_nothing_is_foretold_of_too_little(tmp_path: Path, disk: Any) -> None:
    grow(tmp_path, 1000)
    machine = Machine(tmp_path, started_at=0)
    assert machine.room(12 * HOUR).full_in_s is None  # nothing grew
    grow(tmp_path, 3000)
    assert machine.room(HOUR).full_in_s is None
    grow(tmp_path, 10)
    assert machine.room(12 * HOUR).full_in_s is None  # it shrank


@pytest.mark.parametrize(("free", "short"), [(30 * GIB, False), (GIB // 2, True), (GIB * 9 // 10, True)])
def test_little_room_is_noticed_before_there_is_none(tmp_path: Path, disk: Any, free: int, short: bool) -> None:
    disk.free = free
    assert Machine(tmp_path, 0).room(0).short is short


async def test_the_system_says_so(world: Any, disk: Any) -> None:
    assert world.app.system.current_notices() == []
    disk.free = 1
    (notice,) = world.app.system.current_notices()
    assert "nearly full" in notice.text
    assert world.app.system.newest() is None
    await world.send(await world.device(), {5: {"power": 1.0}})
    assert world.app.system.newest() is not None
