"""Two servers: the one on this network while it is there, else the one far away."""

import asyncio
import errno
import time

from agent.late import late
from links.net import Net
from micropython import const

_DOWN_MS = const(90000)  # without a link, after which the other one is tried: longer than the supervisor ever waits
_LOOK_MS = const(300000)  # between looks for the near one, while the far one is spoken to


class Nowhere:
    """A link for a device that has not found its server yet."""

    def __init__(self, uplink):
        self._uplink = uplink

    async def session(self):
        while True:
            self._uplink.alive()
            await asyncio.sleep_ms(500)


class Left:
    """In place of the uplink of a link that is left: whatever that asks for ends its session."""

    def __getattr__(self, name):
        raise OSError(errno.ECONNABORTED)


class Places:
    name = "places"
    silence = 120000

    def __init__(self, agent):
        self._agent = agent
        self._near = agent.config["local_server"]
        self._far = agent.config["server"]
        self.local = False
        if not self._far.get("host"):
            agent.uplink.link = Nowhere(agent.uplink)

    async def run(self):
        uplink = self._agent.uplink
        looked = time.ticks_add(time.ticks_ms(), -_LOOK_MS)
        up = time.ticks_ms()
        while True:
            now = self.beat = time.ticks_ms()
            if uplink.up:
                up = now
            down = time.ticks_diff(now, up) > _DOWN_MS
            if self.local and down and self._far.get("host"):
                self._speak_to(self._far, False)
                up = looked = now
            elif (down or not self.local) and time.ticks_diff(now, looked) >= (_DOWN_MS if down else _LOOK_MS):
                looked = now
                near = await self._look()
                if near and not (self.local and uplink.up):
                    self._speak_to(near, True)
                    up = time.ticks_ms()
            await asyncio.sleep_ms(1000)

    async def _look(self):
        """The settings of the near server, if it can be reached."""
        near = dict(self._near)
        if near.get("host") == "auto":
            found = await late("agent.mdns").find("mqtt" if near.get("link", "mqtt") == "mqtt" else "http")
            if not found:
                return None
            near["host"], near["port"] = found[0], near.get("port", found[1])
        net = Net(near["host"], near.get("port", 1883), None)
        try:
            await net.open()
        except OSError:
            return None
        finally:
            net.close()
        return near

    def _speak_to(self, settings, local):
        """What was under way to the other one is sent again: the same sample twice is one sample."""
        agent, uplink = self._agent, self._agent.uplink
        self.local = local
        agent.log("uplink", "the server on this network" if local else "the server far away")
        uplink.link.uplink = uplink.link._uplink = Left()
        late("agent.setup").speak(uplink, settings)
        late("agent.ring").rewind(agent.outbox)
