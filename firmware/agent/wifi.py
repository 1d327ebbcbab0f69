"""Wi-Fi: joins one of the networks, and again whenever it is lost. Never restarts the device."""

import asyncio
import time

from agent.late import late


class Wifi:
    """`networks` of the configuration, `hostname`, `log`, the chip's `wlan`, and whether it has `joined`."""

    name = "wifi"
    silence = 90000
    failures = 0

    async def run(self):
        self.wlan.active(True)
        while True:
            self.beat = time.ticks_ms()
            if self.networks and not self.joined():
                await late("agent.join").join(self, self.networks[self.failures % len(self.networks)])
            else:
                self.failures = 0
                await asyncio.sleep_ms(5000)
