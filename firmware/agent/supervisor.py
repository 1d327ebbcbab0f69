"""Supervisor: keeps every part running, and feeds the watchdog only while all of them give a sign of life."""

import asyncio
import random
import time

from micropython import const

_WORKED = const(15000)  # ms: longer than a try to connect takes
_EVERY = const(4000)  # ms; the watchdog must be set to several times that


class Supervisor:
    """A part has `run()`, tells `time.ticks_ms()` in `beat` as it works, and may be silent for `silence` ms."""

    def __init__(self, parts, log, watchdog=None):
        self._parts, self._log, self._watchdog = parts, log, watchdog

    def _begin(self, part):
        part.beat = time.ticks_ms()
        part.task = asyncio.create_task(self._keep(part))

    async def _keep(self, part):
        wait = 1
        while True:
            began = part.beat = time.ticks_ms()
            try:
                await part.run()
            except Exception as error:
                self._log(part.name, error)
            now = part.beat = time.ticks_ms()
            if time.ticks_diff(now, began) > _WORKED:
                wait = 1
            # Devices that lost the same server must not come back at the same moment.
            await asyncio.sleep_ms(wait * (1000 + random.getrandbits(8)))
            wait = min(60, wait * 2)

    async def run(self):
        for part in self._parts:
            self._begin(part)
        while True:
            alive = True
            for part in self._parts:
                if time.ticks_diff(time.ticks_ms(), part.beat) > part.silence:
                    self._log(part.name, "silent")
                    part.task.cancel()
                    self._begin(part)
                    alive = False
            if alive and self._watchdog:
                self._watchdog.feed()
            await asyncio.sleep_ms(_EVERY)
