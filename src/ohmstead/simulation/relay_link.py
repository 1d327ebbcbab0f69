"""A simulated relay on the network: its MQTT connection, which can be cut and comes back."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from ohmstead.dialects import native_control as wire
from ohmstead.mqtt.packets import Will
from ohmstead.simulation.meters import encode
from ohmstead.simulation.relays import Relay
from ohmstead.simulation.sockets import Broken, MqttLink

EVERY_S: Final = 2.0
RETRY_S: Final = 1.0


class RelayLink:
    """`run` keeps it connected until cancelled, while `plugged` is set. `heard` is told why a connection ended."""

    def __init__(
        self,
        relay: Relay,
        host: str,
        port: int,
        token: str,
        every_s: float = EVERY_S,
        heard: Callable[[str | None], None] = lambda problem: None,
    ) -> None:
        self.relay = relay
        self._host, self._port, self._token = host, port, token
        self._every_s = every_s
        self._heard = heard
        self._root = f"ohmstead/{relay.serial}"
        self._link: MqttLink | None = None
        self._news = asyncio.Event()
        self.plugged = asyncio.Event()
        self.plugged.set()

    async def run(self) -> None:
        while True:
            await self.plugged.wait()
            try:
                await self._converse()
            except Broken as error:
                self._heard(str(error))
            finally:
                await self._drop()
            await asyncio.sleep(RETRY_S if self.plugged.is_set() else 0)

    def cut(self) -> None:
        """Pull the network plug: nothing is said any more, not even goodbye."""
        self.plugged.clear()
        if self._link is not None:
            self._link.abort()
        self._news.set()

    def plug(self) -> None:
        self.plugged.set()

    async def _converse(self) -> None:
        relay, root = self.relay, self._root
        will = Will(f"{root}/status", b"offline", 1, retain=True)
        self._link = link = await MqttLink.open(self._host, self._port, relay.serial, relay.serial, self._token, will)
        await link.publish(f"{root}/status", b"online", retain=True)
        boot = ""
        link.on_message = self._message
        self._heard(None)
        while self.plugged.is_set():
            self._news.clear()
            if relay.boot != boot:  # also after a restart that was ordered
                boot = relay.boot
                await link.publish(f"{root}/hello", wire.encode(relay.hello()))
                await link.subscribe(f"{root}/desired", f"{root}/commands")
            await link.publish(f"{root}/reported", wire.encode(relay.reported()))
            await link.publish(f"{root}/telemetry", encode(relay.telemetry(time.time())))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._every_s)

    def _message(self, topic: str, payload: bytes) -> None:
        if topic == f"{self._root}/desired":
            self.relay.desired(wire.decode(wire.Shadow, payload))
        elif topic == f"{self._root}/commands" and self._link is not None:
            reply = self.relay.ordered(wire.decode(wire.Command, payload), time.time())
            self._link.send(f"{self._root}/replies", wire.encode(reply))
        self._news.set()

    async def log(self, start: int, *lines: str) -> None:
        if self._link is not None:
            await self._link.publish(f"{self._root}/log", encode({"from": start, "lines": lines}))

    async def _drop(self) -> None:
        if self._link is not None:
            await self._link.close()
            self._link = None
