"""The force lab's format (system 002): a WebSocket on `/ws` that is told `start` and `stop` and gives raw counts.

Its server acknowledges nothing: a piece leaves the ring once it was sent. What the outbox holds it cannot say.
"""

import time

from agent.clock import Y2000
from links import websocket

_PING = 25000
_BATCH = 100


class Link(websocket.Link):
    """The same as `links.mqtt`: `session` speaks until the link is cut."""

    def __init__(self, settings, serial, uplink):
        settings.setdefault("path", "/ws")
        settings.setdefault("port", 5000)
        settings.pop("token", None)  # there is no place for it
        super().__init__(settings, serial, uplink)
        self._orders = []

    async def _began(self):
        await self._frame(1, b'{"type":"esp32"}')

    async def _step(self):
        """Obey, send a piece, say that it lives. Whether there was something to do."""
        while self._orders:
            await self._obey(self._orders.pop(0))
        now = time.ticks_ms()
        if time.ticks_diff(now, self._pinged) > _PING:
            self._pinged = now
            await self._frame(1, b'{"ping":true}')
        recorder = self._uplink.recorder
        piece = recorder and recorder.next()
        if not piece:
            return False
        for text in batches(recorder, piece[0]):
            await self._frame(1, text)
        recorder.acked(piece[0])
        return True

    def _understand(self, message, body):
        if isinstance(message, dict) and b"registered" not in body and b"pong" not in body:
            self._orders.append(message.get("cmd") or message.get("command"))

    async def _obey(self, order):
        from agent import doing

        if order in ("start", "stop"):
            try:
                await doing.names(self._uplink.agent)[order]({})
            except (KeyError, ValueError, OSError) as error:
                self._uplink.log("imtp", error)


def batches(recorder, ticket):
    """Messages of at most 100 samples; `t` is milliseconds since the board started, in 32 bits."""
    _, first, n, start = ticket
    ring = recorder.ring
    began = recorder.began_us // 1000 - recorder.began_ms - Y2000
    zero = ring.us[first]
    for at in range(0, n, _BATCH):
        texts = []
        for i in range(at, min(n, at + _BATCH)):
            k = (first + i) % ring.size
            t = (start + time.ticks_diff(ring.us[k], zero)) // 1000 + began
            texts.append('{"t":%d,"l":%d,"r":%d}' % (t & 0xFFFFFFFF, ring.left[k], ring.right[k]))
        yield ('{"samples":[%s]}' % ",".join(texts)).encode()
