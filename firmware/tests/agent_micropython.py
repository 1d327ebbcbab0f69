"""The agent's hot path on MicroPython: outbox, uplink and MQTT link in front of a broker made of bytes."""

import sys

sys.path[:0] = ["/", "/tests"]

import asyncio
import gc
import json
import os as _os
import time

from sim.broker import Broker
from sim.flash import Nor


class Os:
    def __getattr__(self, name):
        return getattr(_os, name)

    def urandom(self, count):
        return bytes(range(count))


sys.modules["os"] = Os()

import links.net
from agent.clock import SET
from agent.late import late
from agent.log import Log
from agent.recorder import Recorder
from agent.supervisor import Supervisor

BROKER = Broker()


class Net:
    cut = False

    def __init__(self, *where):
        pass

    async def open(self):
        BROKER.opened += 1
        BROKER.out = bytearray()
        BROKER.rest = bytearray()
        Net.cut = False

    def receive(self, most=512):
        if Net.cut:
            raise OSError(104)
        data = bytes(BROKER.out[:7])  # in pieces, as the network likes it
        BROKER.out = BROKER.out[7:]
        return data

    async def write(self, data):
        if Net.cut:
            raise OSError(104)
        BROKER.take(bytes(data))

    def close(self):
        pass


links.net.Net = Net


async def until(condition):
    for _ in range(4000):
        if condition():
            return
        await asyncio.sleep_ms(1)
    raise AssertionError("it did not happen")


def samples():
    found = []
    for topic, _, message in BROKER.published:
        if topic.endswith("telemetry") and "samples" in message:
            found += [(s["t"], s["v"]) for s in message["samples"]]
    return found


class Device:
    pass


async def deliver():
    files = late("agent.files")
    files.save("layouts.json", {"7": [[["power", 1], ["energy", 0], ["level", 3]]]})
    clock = late("agent.timing").started()
    ring = late("agent.ring")
    box = ring.opened(Nor(6), 7)
    ring.begin(box, SET + 1, True)
    for i in range(500):
        box.put(0, SET + 1000 * i + 1, [i * 10 + 3, 10_000_000 + i, -i if i % 2 else None])
    told = []
    device = Device()
    device.serial, device.boot, device.outbox, device.clock, device.log = "board-1", "b007", box, clock, Log()
    uplink = late("agent.setup").uplink_to({"host": "x", "token": "t", "backlog_ms": 0, "window": 3}, device)

    def message(leaf, payload):
        found = json.loads(payload)
        told.append((leaf, found))
        if leaf == "time":
            clock.tell(found["now"], found["trusted"])

    def connected():
        uplink.up = True
        uplink.post("hello", {"serial": "board-1"})

    uplink.message, uplink.connected = message, connected
    BROKER.deaf = 2
    task = asyncio.create_task(Supervisor([uplink], device.log).run())
    await until(lambda: len(BROKER.published) > 4)
    Net.cut = True
    await until(lambda: box.pending == 0)
    assert BROKER.opened == 2
    assert any(dup for _, dup, _ in BROKER.published), "what was not acknowledged came again, as DUP"
    by_time = dict(samples())
    assert len(by_time) == 500
    epoch = SET + 946684800000
    assert by_time[epoch + 1 + 7000] == {"power": 7.3, "energy": 10000007, "level": -0.007}, by_time[epoch + 1 + 7000]
    assert by_time[epoch + 1 + 8000] == {"power": 8.3, "energy": 10000008}
    # A sample that is taken while there is a backlog goes first.
    for i in range(500, 560):
        box.put(0, SET + 1000 * i + 1, [i, i, i])
    del BROKER.published[:]
    uplink.live = True
    await until(lambda: box.pending == 0)
    first = samples()[0]
    assert first[1]["energy"] == 559, first
    assert len(samples()) == 60, "and is sent once"
    return uplink, clock, (uplink.task, task)


class Streaming:
    rate = 1000
    STREAM = (("left", "raw", "counts", 0), ("right", "raw", "counts", 0))

    def start(self, ring):
        self.ring = ring

    def stop(self):
        pass


async def record(uplink, clock):
    """1000 samples/s of two cells, for three simulated seconds: none is lost, and the ring allocates nothing."""
    driver = Streaming()
    recorder = uplink.recorder = Recorder(driver, None, clock, 1000)
    recorder.start()
    del BROKER.published[:]
    us = time.ticks_us()
    put, ring = recorder.ring.put, recorder.ring
    gc.collect()
    await asyncio.sleep_ms(1)
    for _ in range(30):
        before = gc.mem_alloc()
        for i in range(100):
            put(us, i, -i)
            us = time.ticks_add(us, 1000)
        grown = gc.mem_alloc() - before
        await until(lambda: ring.used < 900)
    recorder.stop()
    await until(lambda: ring.used == 0)
    count = 0
    last = 0
    for _, _, message in BROKER.published:
        columns = message.get("columns")
        if columns:
            count += len(columns["t_us"])
            assert len(columns["v"]["left"]) == len(columns["v"]["right"]) == len(columns["t_us"])
            for t in columns["t_us"]:
                assert last == 0 or t - last == 1000, (last, t)
                last = t
    assert (count, ring.lost) == (3000, 0), (count, ring.lost)
    return grown


async def main():
    uplink, clock, tasks = await deliver()
    grown = await record(uplink, clock)
    for task in tasks:
        task.cancel()
    # `range` of a loop of 100 is one object; a sample that allocated 16 bytes would show as 1600.
    assert grown < 200, "the ring allocated %d bytes for 100 samples" % grown
    print("agent: 560 samples over a cut, 3000 recorded, %d bytes allocated for 100 samples" % grown)


await main()  # type: ignore # noqa
