"""Simulated devices that live beside a browser test: in a thread with a loop of its own, handled from outside."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from ohmstead.simulation.force_lab import Firmware, Pull, SimulatedDevice
from ohmstead.simulation.home_control import HomeDevice
from ohmstead.simulation.relay_link import RelayLink
from ohmstead.simulation.relays import Load, Relay
from system.running_server import AddedDevice, RunningServer

PATIENCE_S: Final = 30.0


class ToldPull:
    """Somebody who stands on the plate, and pulls once for 4 s when told."""

    def __init__(self) -> None:
        self._shape = Pull(every_s=1e9)
        self._told = False
        self._began_s = -1e9

    def now(self) -> None:
        self._told = True

    def counts(self, at_s: float, noise: random.Random) -> tuple[int, int]:
        if self._told:
            self._told, self._began_s = False, at_s
        since = at_s - self._began_s
        return self._shape.counts(1.0 + since if since < 6 else 0.0, noise)


class Beside:
    """A thread that runs what is handed to it. `close` ends everything that still runs there."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: list[asyncio.Task[Any]] = []
        self._homes: list[HomeDevice] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def call(self, work: Callable[[], Any]) -> Any:
        async def called() -> Any:
            return work()

        return self.do(called())

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let it run until it is over, or until `close`."""

        async def started() -> None:
            self._tasks.append(asyncio.create_task(work))

        self.do(started())

    def home(self) -> HomeDevice:
        device = HomeDevice()
        self._homes.append(device)
        self.do(device.start())
        return device

    def relay(self, server: RunningServer, device: AddedDevice, *loads: Load) -> RelayLink:
        """A connected one, once the server knows what it can do."""

        async def begin() -> RelayLink:
            relay = Relay(device.serial, loads, started_at=time.time())
            link = RelayLink(relay, server.host, server.mqtt_port, device.token, every_s=0.2)
            self._tasks.append(asyncio.create_task(link.run()))
            return link

        link: RelayLink = self.do(begin())
        deadline = time.monotonic() + PATIENCE_S
        while not (server.admin.get(f"/devices/{device.id}/shadow").json()["commands"]):
            assert time.monotonic() < deadline, "the relay never said hello"
        return link

    def rig(self, server: RunningServer) -> ToldPull:
        """A connected rig of system 002 with both cells; what happens on it is told."""
        pull = ToldPull()

        async def begin() -> None:
            firmware = Firmware("G2", pull)  # type: ignore[arg-type]
            device = SimulatedDevice(f"ws://{server.host}:{server.http_port}/ws", firmware, gap_ms=0.0)
            self._tasks.append(asyncio.create_task(device.run()))
            await asyncio.wait_for(device.connected.wait(), PATIENCE_S)

        self.do(begin())
        deadline = time.monotonic() + PATIENCE_S
        while not any(one["channels"] for one in server.admin.get("/force-devices").json()):
            assert time.monotonic() < deadline, "the rig has no channels"
        return pull

    def close(self) -> None:
        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for home in self._homes:
                await home.stop()

        self.do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
