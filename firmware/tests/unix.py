"""The folder for the unix port, started as it is there, in front of a broker made of bytes: it measures and delivers.

Run with the bytes that may be live above an empty program. This port has no `asyncio.run`, sockets or environment.
"""

import sys

sys.path[:0] = ["/"]

import asyncio
import gc
import os as _os

from sim.broker import Broker, Network

WANTED = 5  # messages of telemetry


class Os:
    def __getattr__(self, name):
        return getattr(_os, name)

    def urandom(self, count):
        return bytes(range(count))

    def getenv(self, name):
        return None


async def live():
    for _ in range(4):
        gc.collect()
        await asyncio.sleep_ms(0)
    return gc.mem_alloc()


async def main(most):
    broker = Broker()
    network = Network(broker)
    sys.modules.update({"os": Os(), "socket": network, "select": network})
    started = []
    asyncio.run = lambda coroutine: started.append(asyncio.create_task(coroutine))
    empty = await live()
    with open("/sim/start.py") as file:
        exec(file.read(), {"__file__": "sim/start.py"})

    def delivered():
        return [message for topic, _, message in broker.published if topic.endswith("telemetry")]

    for _ in range(200):
        if len(delivered()) >= WANTED:
            break
        await asyncio.sleep_ms(50)
    found = delivered()
    del broker.published[:]
    used = await live() - empty
    text = "%d messages, the last %s; %d bytes live of %d" % (len(found), found and found[-1]["samples"], used, most)
    if len(found) < WANTED or used > most:
        raise ValueError(text)
    print(text)


await main(int(ARGS))  # type: ignore # noqa
