"""The link of the force lab: in front of a server that speaks as the one of system 002 did."""

import asyncio
import itertools
import json
import sys
import types

import pytest
from sim.host import Host
from websockets.asyncio.server import serve


class Cells:
    """Two cells at 500 samples/s, told by a task."""

    rate = 500
    STREAM = (("left", "raw", "counts", 0), ("right", "raw", "counts", 0))

    def __init__(self, bus, settings):
        self._task = None

    async def read(self, out):
        pass

    def start(self, ring):
        self._task = asyncio.get_running_loop().create_task(self._run(ring))

    def stop(self):
        self._task.cancel()

    async def _run(self, ring):
        import time

        us = time.ticks_us()
        for i in range(10**6):
            ring.put(us, i, -i)
            us = time.ticks_add(us, 2000)
            if i % 50 == 49:
                await asyncio.sleep(0.01)


@pytest.fixture
def cells():
    module = types.ModuleType("drivers.cells")
    module.CHANNELS = (("left", "raw", "counts", 0), ("right", "raw", "counts", 0))
    module.DEFAULTS = {"interval_s": 60}
    module.Driver = Cells
    import drivers

    sys.modules["drivers.cells"] = drivers.cells = module
    yield
    del drivers.cells


def test_counts_are_sent_from_start_to_stop_as_the_old_board_did(tmp_path, cells):
    import socket

    from agent import config, setup

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    frames, asked, stopped = [], [], []

    async def lab(connection):
        asked.append((connection.request.path, connection.request.headers.get("Authorization")))
        frames.append(json.loads(await connection.recv()))
        await connection.send('{"status":"registered","type":"esp32","message":"ESP32 registered"}')
        await connection.send("[1]")  # nonsense
        await connection.send('{"cmd":"start","command":"start"}')
        async for text in connection:
            frames.append(json.loads(text))
            if sum(len(frame.get("samples", ())) for frame in frames) >= 600 and not stopped:
                stopped.append(True)
                await connection.send('{"cmd":"stop","command":"stop"}')

    with Host(tmp_path) as host:
        config.save(
            {
                "board": "sim",
                "wifi": [{"ssid": "home", "password": "x"}],
                "drivers": [{"driver": "cells"}],
                "server": {"link": "imtp", "host": "127.0.0.1", "port": port, "token": "secret"},
            }
        )
        host.real_time = True

        async def main():
            async with serve(lab, "127.0.0.1", port):
                agent = setup.start("")
                task = asyncio.create_task(agent.run())
                for _ in range(600):
                    recorder = agent.uplink.recorder
                    if stopped and not recorder.running and not recorder.ring.used:
                        break
                    await asyncio.sleep(0.05)
                task.cancel()
                return agent

        agent = host.boot(main)
    assert asked[0] == ("/ws", None), "no token travels where it is not asked for"
    assert frames[0] == {"type": "esp32"}
    samples = [sample for frame in frames for sample in frame.get("samples", ())]
    assert len(samples) == agent.uplink.recorder.ring.count >= 600
    assert [(s["l"], s["r"]) for s in samples] == [(i, -i) for i in range(len(samples))]
    assert all(0 <= b["t"] - a["t"] - 2 <= 1 or b["t"] - a["t"] == 1 for a, b in itertools.pairwise(samples))
    assert all(len(frame.get("samples", ())) <= 100 for frame in frames)
