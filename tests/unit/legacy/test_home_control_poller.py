"""Asking devices of system 004: what goes wrong with one, or with a whole run, stops no other for good."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ohmstead.legacy.home_control_poller import HomeControl
from ohmstead.runtime.http_client import Answer

PATIENCE_S = 10.0


class House:
    """Two homes by their ports; what is asked of them is counted."""

    def __init__(self, world: Any) -> None:
        self.asked: Counter[int] = Counter()
        self.broken: set[int] = set()
        control, app = world.app.control, world.app
        self.poller = HomeControl(
            control.homes,
            control.outputs,
            control.shadows,
            app.registry,
            app.audit,
            app.bus,
            world.clock,
            interval_s=0.01,
            ask=self.ask,
        )

    async def ask(self, address: str, port: int, target: str, *, timeout_s: float) -> Answer:
        self.asked[port] += 1
        if port in self.broken:
            raise RuntimeError("nobody thought of this")
        return Answer(200, b"Home is Online")

    async def until(self, met: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while not met():
            assert loop.time() < deadline, "it did not come to be"
            await asyncio.sleep(0.005)


async def a_house(world: Any) -> House:
    for port in (8081, 8082):
        await world.app.control.homes.add(world.admin, f"home-{port}", None, f"127.0.0.1:{port}")
    return House(world)


class Notes:
    """A log that only counts: a hundred rendered traces a second would keep everybody waiting."""

    def __init__(self) -> None:
        self.of: Counter[int] = Counter()

    def exception(self, event: str, *, device: int) -> None:
        self.of[device] += 1


async def test_what_nobody_thought_of_stops_one_device_and_only_for_now(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes()
    monkeypatch.setattr("ohmstead.legacy.home_control_poller.log", notes)
    house = await a_house(world)
    house.broken.add(8081)
    running = asyncio.create_task(house.poller.run())
    await house.until(lambda: house.asked[8081] >= 3 and house.asked[8082] >= 3)
    assert not running.done()
    house.broken.clear()
    known = world.app.registry.by_serial["home-8081"]
    assert list(notes.of) == [known.device.id]
    await house.until(lambda: known.presence.is_online(world.clock.now()))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_run_that_ended_is_followed_by_one_that_asks_everybody(world: Any) -> None:
    house = await a_house(world)
    for _ in range(2):
        house.asked.clear()
        running = asyncio.create_task(house.poller.run())
        await house.until(lambda: house.asked[8081] > 0 and house.asked[8082] > 0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
