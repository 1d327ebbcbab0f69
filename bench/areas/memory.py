"""Resident memory after a day of 100 devices, loaded through the HTTP door as fast as it takes it."""

import time

from bench.dataset import START_US
from bench.load.feed import feed_day
from bench.measurement import Measurement
from bench.server import Server
from bench.workspace import Bench

DEVICES, CHANNELS = 100, 10


def run(bench: Bench) -> list[Measurement]:
    devices = bench.scale(DEVICES, 5)
    minutes = bench.scale(1440, 20)
    with Server(bench.fresh("memory") / "data") as server:
        empty = server.memory_kib() / 1024
        tokens = server.add_devices([f"load-{n}" for n in range(devices)])
        began = time.perf_counter()
        samples = feed_day(server.http_port, tokens, CHANNELS, minutes, START_US // 1000)
        took = time.perf_counter() - began
        time.sleep(1 if bench.quick else 10)  # sealing and the idle writer catch up
        after, most = server.memory_kib() / 1024, server.memory_kib("VmHWM") / 1024
    note = (
        f"{samples} samples of {minutes} minutes in {took:.0f} s ({samples / took:.0f}/s); the most at any moment, "
        f"while time ran {minutes * 60 / took:.0f} times too fast: {most:.0f} MB"
    )
    return [Measurement("memory-day", [after], note=note), Measurement("memory-idle", [empty])]
