"""The board's button: held for ten seconds it makes the board as new."""

import asyncio
import time

from agent.late import late

_HELD_MS = 10000


class Button:
    name = "button"
    silence = 60000

    def __init__(self, agent, pin):
        import machine

        self._agent = agent
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)

    async def run(self):
        since = None
        while True:
            self.beat = now = time.ticks_ms()
            if self._pin():
                since = None
            elif since is None:
                since = now
            elif time.ticks_diff(now, since) > _HELD_MS:
                late("agent.page").factory_reset(self._agent)
                since = None
            await asyncio.sleep_ms(250)
