"""Promise 1: acknowledged means on disk, whenever the process is killed."""

import asyncio
import random
import statistics
from typing import Any

import pytest

from system.load import UNLIMITED, Load, every_kind
from system.running_server import RunningServer
from system.starting import StartServer

LONGEST_S = 0.3  # of work before a kill


async def kill_and_restart(server: RunningServer, times: int, seed: int) -> None:
    """Kill the loaded server `times` at random moments, sometimes while it starts."""
    moments = random.Random(seed)
    load = Load(server)
    every_kind(server, load)
    starts = []
    for n in range(times):
        await asyncio.sleep(moments.uniform(0.0, LONGEST_S))
        server.kill()
        if n % 10 == 9:
            vain = server.launch()
            await asyncio.sleep(moments.uniform(0.0, 1.0))
            vain.kill()
            vain.wait()
        await asyncio.to_thread(server.start)
        starts.append(server.started_in_s)
    await asyncio.sleep(LONGEST_S)
    await load.stop()
    for books in load.books:
        assert books.broken >= times / 2, f"{books.serial} was hardly there"
        assert books.acknowledged, f"{books.serial} was never heard"
    load.check()
    server.restart()
    load.check()
    assert "Traceback" not in server.printed()
    print(
        f"\n{times} kills: {load.acknowledged} samples acknowledged, all there; "
        f"start {statistics.median(starts):.2f} s, longest {max(starts):.2f} s"
    )


@pytest.mark.slow
async def test_fifty_kills_lose_nothing_that_was_acknowledged(start_server: StartServer) -> None:
    server = start_server(env=UNLIMITED)
    await kill_and_restart(server, times=50, seed=20251121)


@pytest.mark.slow
async def test_ten_kills_on_postgresql(start_server: StartServer, postgres_url: str) -> None:
    server = start_server(env=UNLIMITED, database_url=postgres_url)
    await kill_and_restart(server, times=10, seed=42)


async def test_a_killed_server_leaves_a_folder_that_can_be_opened_and_moved(
    start_server: StartServer, tmp_path: Any
) -> None:
    server = start_server(env=UNLIMITED)
    device = server.add_device("traveller")
    device.send({"t": 1_763_682_000_000, "v": {"n": 1}})
    server.kill()
    moved = tmp_path / "elsewhere"
    server.folder.rename(moved)
    server.folder = moved
    server.start()
    assert device.stored("n") == [(1_763_682_000_000, 1)]
