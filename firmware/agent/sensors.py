"""Sensors: reads each driver at its interval and puts what it says into the outbox."""

import asyncio
import time

from agent.late import late


class Sensor:
    """One driver; what there is to know of it. `agent.sensor` makes it."""


class Sensors:
    """`all` of them, and what is `broken`: entries of the configuration that cannot be used."""

    name = "sensors"
    silence = 120000
    dropped = 0  # samples that could not be written
    good = 0  # samples that were
    on_sample = None  # (sensor): after each sample

    async def run(self):
        while True:
            now = self.beat = time.ticks_ms()
            wait = 10000
            for source in range(len(self.all)):
                sensor = self.all[source]
                left = time.ticks_diff(sensor.due, now)
                if left <= 0:
                    await self.read(source, sensor)
                    left = time.ticks_diff(sensor.due, time.ticks_ms())
                wait = min(wait, left)
            await asyncio.sleep_ms(max(0, wait))

    async def read(self, source, sensor):
        over = time.ticks_diff(time.ticks_ms(), sensor.due)
        sensor.due = time.ticks_add(sensor.due, sensor.interval * (1 + max(0, over) // sensor.interval))
        out = sensor.out
        out[:] = [None] * len(out)
        try:
            await sensor.driver.read(out)
            values = [v if v is None else round(v * 10 ** c[3]) for v, c in zip(out, sensor.channels)]
        except (OSError, ValueError, OverflowError) as error:
            late("agent.sensor").failed(sensor, error, self.log)
            return
        sensor.failures = 0
        sensor.state = "ok"
        if values.count(None) < len(values):
            try:
                self.outbox.put(source, self.clock.now(), values)
                self.good += 1
            except OSError as error:
                self.dropped += 1
                self.log("outbox", error)
        if self.on_sample:
            self.on_sample(sensor)
