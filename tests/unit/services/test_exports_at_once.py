"""Several downloads at once must not stand in each other's way, nor in anybody else's."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ohmstead.domain.errors import TooMany
from ohmstead.services.exports import MOST_PARQUET


async def test_parquet_files_are_written_where_only_one_shared_thread_is_left(world: Any) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    known = await world.device()
    await world.send(known, {second: {"power": float(second)} for second in range(10)})
    channel = known.device.channels["power"]

    async def download() -> bytes:
        return b"".join([piece async for piece in world.app.exports.parquet([channel], 0, 1 << 60)])

    files = await asyncio.wait_for(asyncio.gather(*[download() for _ in range(MOST_PARQUET)]), 30)
    assert all(file.startswith(b"PAR1") and file.endswith(b"PAR1") for file in files)


async def test_more_files_than_the_server_writes_at_once_are_put_off(world: Any) -> None:
    known = await world.device()
    await world.send(known, {0: {"power": 1.0}})
    channel = known.device.channels["power"]
    begun = [world.app.exports.parquet([channel], 0, 1 << 60) for _ in range(MOST_PARQUET)]
    for one in begun:
        assert await anext(one)
    with pytest.raises(TooMany):
        world.app.exports.parquet([channel], 0, 1 << 60)
    for one in begun:
        await one.aclose()
    world.app.exports.parquet([channel], 0, 1 << 60)
