"""The board's lamp: who am I among many, and how am I."""

import asyncio
import time

_QUARTER_MS = 250


class Led:
    """Steady: all is well. A blink per second: a sensor fails. A flash every other second: no server."""

    name = "led"
    silence = 60000

    def __init__(self, agent, pin):
        import machine

        self._agent = agent
        self._lamp = machine.Pin(pin, machine.Pin.OUT)
        self._low = agent.config.get("led_low")  # lit by a low level, as on most ESP8266 boards

    async def run(self):
        quarter = 0
        while True:
            self.beat = time.ticks_ms()
            quarter += 1
            self._lamp(bool(lit(self._agent, quarter)) != bool(self._low))
            await asyncio.sleep_ms(_QUARTER_MS)


def lit(agent, quarter):
    """Whether the lamp is on in this quarter of a second."""
    sensors = agent.sensors
    if sensors.broken or any(sensor.failures for sensor in sensors.all):
        return quarter & 2
    return agent.uplink.up or quarter % 8 == 0


async def blink(pin, times=10):
    """Blink for a person who looks for this board."""
    import machine

    lamp = machine.Pin(pin, machine.Pin.OUT)
    for i in range(times * 2):
        lamp(i & 1)
        await asyncio.sleep_ms(150)
