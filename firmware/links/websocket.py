"""WebSocket: telemetry as it is, everything else as {"type", "message"}; the server answers in order."""

import asyncio
import errno
import json
import os
import struct
import time
from binascii import b2a_base64

from links.net import Net
from micropython import const

_PATIENCE = const(30000)
_PING = const(30000)
_LONGEST = const(32768)


class Link:
    """The same as `links.mqtt`: what was not answered when the link is cut is sent again."""

    def __init__(self, settings, serial, uplink):
        self._settings = settings
        self._uplink = uplink
        self._flying = []

    async def session(self):
        s = self._settings
        self._net = Net(s["host"], s.get("port", 8000), s.get("tls"))
        self._rx = bytearray()
        self._since = self._pinged = time.ticks_ms()
        try:
            await self._net.open()
            await self._shake_hands()
            await self._began()
            self._uplink.connected()
            while True:
                busy = await self._take_in()
                busy = await self._step() or busy
                self._uplink.alive()
                await asyncio.sleep_ms(0 if busy else 20)
        finally:
            self._net.close()

    async def _began(self):
        for what in self._flying:
            await self._deliver(what)

    async def _step(self):
        """Send what is next, and notice a link that is dead. Whether there was something."""
        what = self._uplink.next() if len(self._flying) < self._settings.get("window", 4) else None
        if what and what[0] != "status":
            self._flying.append(what)
            self._since = time.ticks_ms()
            await self._deliver(what)
        await self._mind()
        return bool(what)

    async def _shake_hands(self):
        s = self._settings
        key = b2a_base64(os.urandom(16)).decode().strip()
        lines = [
            "GET %s HTTP/1.1" % s.get("path", "/api/v1/devices/me/socket"),
            "Host: %s:%d" % (s["host"], s.get("port", 8000)),
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + key,
        ]
        if s.get("token"):
            lines.append("Authorization: Bearer " + s["token"])
        await self._net.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        until = time.ticks_add(time.ticks_ms(), _PATIENCE)
        while (end := self._rx.find(b"\r\n\r\n")) < 0:
            if time.ticks_diff(until, time.ticks_ms()) < 0 or len(self._rx) > 4096:
                raise OSError(errno.ETIMEDOUT)
            self._rx.extend(self._net.receive())
            self._uplink.alive()
            await asyncio.sleep_ms(10)
        if b" 101 " not in self._rx[: self._rx.find(b"\r\n")]:
            raise OSError(errno.EACCES)
        self._rx = self._rx[end + 4 :]

    async def _deliver(self, what):
        leaf, _, payload = self._uplink.write(what)
        if leaf != "telemetry":
            payload = b'{"type":"%s","message":%s}' % (leaf.encode(), payload)
        await self._frame(1, payload)

    async def _frame(self, kind, payload):
        n = len(payload)
        if n < 126:
            head = bytes((0x80 | kind, 0x80 | n))
        elif n < 65536:
            head = struct.pack(">BBH", 0x80 | kind, 0xFE, n)
        else:
            head = struct.pack(">BBII", 0x80 | kind, 0xFF, 0, n)
        mask = os.urandom(4)
        body = bytearray(payload)
        for i in range(n):
            body[i] ^= mask[i & 3]
        await self._net.write(head + mask)
        await self._net.write(body)

    async def _take_in(self):
        data = self._net.receive()
        if data:
            self._rx.extend(data)
        got = False
        while (frame := self._parse()) is not None:
            got = True
            kind, body = frame
            if kind == 8:
                raise OSError(errno.ECONNRESET)
            if kind == 9:
                await self._frame(10, body)
            elif kind == 1:
                self._understand(json.loads(body), body)
        return got

    def _parse(self):
        rx = self._rx
        if len(rx) < 2:
            return None
        n, at = rx[1] & 127, 2
        if n > 125:
            at = 4 if n == 126 else 10
            if len(rx) < at:
                return None
            n = int.from_bytes(rx[2:at], "big")
        if rx[1] & 128 or not rx[0] & 128 or n > _LONGEST:
            raise OSError(errno.EINVAL)  # our server sends whole frames without a mask
        if len(rx) < at + n:
            return None
        body = bytes(rx[at : at + n])
        kind = rx[0] & 15
        self._rx = rx[at + n :]
        return kind, body

    def _understand(self, message, body):
        if "type" in message:
            if message["type"] != "pong":
                self._uplink.message(message["type"], json.dumps(message["message"]).encode())
        elif not self._flying:
            return
        elif "error" in message:
            if "retry_after_s" in message:
                raise OSError(errno.EAGAIN)  # nothing was kept: all of it again, in order
            # It will never be taken: it must not stop those behind it.
            self._uplink.log("uplink", "refused: %s" % message["error"])
            self._uplink.acked(self._flying.pop(0))
        else:
            self._since = time.ticks_ms()
            self._uplink.acked(self._flying.pop(0))

    async def _mind(self):
        now = time.ticks_ms()
        if self._flying and time.ticks_diff(now, self._since) > _PATIENCE:
            raise OSError(errno.ETIMEDOUT)
        if time.ticks_diff(now, self._pinged) > _PING:
            self._pinged = now
            await self._frame(1, b'{"type":"ping"}')
