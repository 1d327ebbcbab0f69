"""A board that runs the firmware's own files in this process, between a test and a real server."""

import asyncio
import importlib
import sys
import time
import types
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
for _folder in (FIRMWARE / "sim" / "cpython", FIRMWARE / "sim", FIRMWARE):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from sim.host import Host, PowerCut, Restart  # noqa: E402

__all__ = ["Cutter", "Host", "PowerCut", "Restart", "counting", "live", "until"]

WITHIN_S = 60.0


COUNTER = """
CHANNELS = (("count", "pulses", "", 0), ("level", "generic", "", 2))
DEFAULTS = {"interval_s": 0.05}


class Driver:
    taken = 0

    def __init__(self, bus, settings):
        pass

    async def read(self, out):
        Driver.taken += 1
        out[0] = Driver.taken
        out[1] = -Driver.taken / 100

    async def self_test(self):
        pass
"""


@contextmanager
def counting() -> Iterator[dict[str, Any]]:
    """A driver that counts, without any hardware."""
    module = types.ModuleType("drivers.counter")
    exec(COUNTER, module.__dict__)
    package = importlib.import_module("drivers")
    sys.modules["drivers.counter"] = module
    package.counter = module  # type: ignore[attr-defined]
    yield {"driver": "counter"}
    del sys.modules["drivers.counter"], package.counter  # type: ignore[attr-defined]


async def until(condition: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
    """What the condition gives as soon as that is true; fails after `within_s`."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)
    return found


def live(host: Any, talk: Callable[[Any], Awaitable[Any]], **settings: Any) -> Any:
    """One start of the device in real time, for as long as `talk(agent)` takes; what that gives."""
    from agent import config, setup

    if settings:
        config.save({"board": "sim", "wifi": [{"ssid": "home", "password": "x"}], **settings})
    host.real_time = True
    results: list[Any] = []

    async def main() -> str:
        agent = setup.start("")
        task = asyncio.create_task(agent.run())
        try:
            results.append(await talk(agent))
        finally:
            task.cancel()
        return "done"

    end = host.boot(main)
    return results[0] if results else end


class Cutter:
    """A link that can be cut: a port that passes everything on, or not."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.up_left: int | None = None  # bytes of the device that still pass; then the link is cut
        self.down_left: int | None = None
        self.cuts = 0
        self.heard: bytearray | None = None  # what both sides said, if somebody listens

    async def start(self) -> "Cutter":
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        self.cuts += 1
        for writer in list(self._open):
            writer.transport.abort()
        self._open.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        await asyncio.gather(self._carry(reader, back, "up_left"), self._carry(far, writer, "down_left"))

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, limit: str) -> None:
        try:
            while data := await source.read(4096):
                if self.heard is not None:
                    self.heard += data
                left: int | None = getattr(self, limit)
                if left is not None:
                    data = data[:left]
                    setattr(self, limit, left - len(data))
                target.write(data)
                await target.drain()
                if getattr(self, limit) == 0:
                    setattr(self, limit, None)
                    self.cut()
                    return
        except (ConnectionError, RuntimeError):
            pass
        finally:
            target.close()
