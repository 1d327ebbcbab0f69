"""The agent: what `agent.setup` made of the configuration, kept running by the supervisor."""

import asyncio
import gc
import time

from agent.late import late
from agent.supervisor import Supervisor


class Keeper:
    """What happens now and then, by whoever has such duties: commands, rules, news to report, updates."""

    name = "keeper"
    silence = 120000

    async def run(self):
        agent = self.agent
        while True:
            self.beat = time.ticks_ms()
            for duty in agent.duties:
                await duty()
            if agent.restarting:
                await late("agent.obey").restart(agent)
            await asyncio.sleep_ms(250 if agent.uplink.up else 1000)


class Agent:
    """Everything one device is; made by `agent.setup`."""

    shadow = commands = rules = update = wifi = portal = None
    password = ""
    restarting = False  # true: soon; answers that are under way go out first

    def run(self):
        return Supervisor(self.parts, self.log, self.watchdog).run()

    def sampled(self, sensor):
        self.uplink.live = True
        for channel, value in zip(sensor.channels, sensor.out):
            if value is not None:
                self.values[channel[0]] = value


def main(slot=""):
    agent = late("agent.setup").start(slot)
    gc.collect()
    asyncio.run(agent.run())
