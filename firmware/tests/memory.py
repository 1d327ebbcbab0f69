"""Live memory of the compiled application, above an empty program with asyncio and the simulation.

Run with the bytes it may have, the bytes of .mpy that may be loaded at the same time, and what else is loaded. The
interpreter collects only between steps of its event loop, so each figure is taken after a pause.
"""

import sys

sys.path[:0] = ["/"]

import asyncio
import gc
import json
import os as _os
import time

from sim.flash import Nor
from sim.models import told
from sim.models.board import Board
from sim.models.i2c import Bus
from sim.models.ina219 import Ina219
from sim.models.pins import Pin

CONFIG = {
    "serial": "meter-0001",
    "board": "esp8266",
    "wifi": [{"ssid": "house", "password": "secret"}],
    "server": {"link": "mqtt", "host": "192.168.1.5", "port": 1883, "token": "0123456789abcdef0123456789abcdef"},
    "buses": {"i2c0": {"type": "i2c", "id": 0, "sda": 4, "scl": 5}},
    "drivers": [{"driver": "ina219", "bus": "i2c0", "average": 1}],
}
with open("/sizes.json") as _file:
    SIZES = json.load(_file)  # module -> bytes of its .mpy


class Os:
    """`os` of this port has no random bytes."""

    def __getattr__(self, name):
        return getattr(_os, name)

    def urandom(self, count):
        return bytes(range(count))


class Running(told.Clock):
    """Time as it really passes, so that a driver's pauses end conversions."""

    @property
    def us(self):
        return time.ticks_us() + self._more

    @us.setter
    def us(self, us):
        self._more = us - time.ticks_us()


async def live():
    for _ in range(3):
        gc.collect()
        await asyncio.sleep_ms(0)
    return gc.mem_alloc()


async def main(most, together, *more):
    clock = Running()
    board = Board(clock, {4: Pin(clock, 1), 5: Pin(clock, 1)})
    bus = Bus(clock, Ina219(clock, amps=1.5, volts=12.0))
    board.I2C = board.SoftI2C = lambda *args, **options: bus
    sys.modules["machine"] = board
    sys.modules["os"] = Os()
    sys.modules["socket"] = Os()  # named at import time, never used: nothing is sent here
    region = Nor(16)
    empty = await live()
    try:
        from pack import Pack

        Pack.slot = "/"
        _os.mount(Pack(), "/app")
        sys.path[0] = "/app"
        del sys.modules["pack"], Pack
    except (ImportError, OSError):
        pass  # a board with room for its files as they are
    from agent import config

    link = next((name for name in more if name.startswith("links.")), "links.mqtt")
    CONFIG["server"]["link"] = link[6:]
    content = config.check(CONFIG)
    del sys.modules["agent.config"], sys.modules["agent"].config, config

    from agent import setup

    agent = setup.make(content, region)
    del sys.modules["agent.setup"], sys.modules["agent"].setup, setup
    agent.uplink.link = None
    __import__(link)
    for _ in range(20):
        for source in range(len(agent.sensors.all)):
            agent.sensors.all[source].due = 0
            await agent.sensors.read(source, agent.sensors.all[source])
        clock.advance(ms=10_000)
    if not agent.sensors.good:
        raise ValueError("no sample was taken: " + agent.sensors.all[0].state)
    agent.uplink.connected()  # hello has come and gone
    while agent.uplink.next():
        pass
    for name in more:
        __import__(name)
    used = await live() - empty
    loaded = 0
    for name in sys.modules:
        if name.split(".")[0] in ("agent", "links", "drivers") and "." in name:
            loaded += SIZES[name]
    text = "%d bytes live of %d, %d of %d bytes of .mpy loaded together, %d samples taken"
    text = text % (used, most, loaded, together, agent.sensors.good)
    if used > most or loaded > together:
        raise ValueError(text)
    print(text)


_given = ARGS.split()  # type: ignore # noqa: F821 - what the command line says
await main(int(_given[0]), int(_given[1]), *_given[2:])  # type: ignore # noqa
