"""MQTT 3.1.1, QoS 1. What is not acknowledged when the link is cut is sent again as DUP, in the same order."""

import asyncio
import errno
import struct
import time

from agent.late import late
from agent.outbox import number, varint
from links.net import Net
from micropython import const

_KEEP = const(60)  # s; also in mqtt_connect
_PATIENCE = const(30000)  # ms for an answer, also to PINGREQ: the server commits before it acknowledges


class Link:
    """`session` speaks until the link is cut, which is an OSError. Topics are those of `ohmstead/<serial>/`."""

    def __init__(self, settings, serial, uplink):
        self.settings = settings
        self.root = settings.get("root", "ohmstead/%s/" % serial)
        self.uplink = uplink
        self.flying = []  # [packet id, what, since]
        self._most = settings.get("largest", 4096)

    _pid = 0

    async def session(self):
        s = self.settings
        self._net = Net(s["host"], s.get("port", 1883), s.get("tls"))
        self._rx = bytearray()
        self._skip = self._sent = 0
        self._pinged = None
        try:
            await self._net.open()
            await late("links.mqtt_connect").connect(self)
            while True:
                busy = self.take_in()
                busy = await self._publish() or busy
                await self._mind()
                self.uplink.alive()
                await asyncio.sleep_ms(0 if busy else 20)
        finally:
            self._net.close()

    # Sending

    async def _publish(self):
        if len(self.flying) >= self.settings.get("window", 4):
            return False
        what = self.uplink.next()
        if not what:
            return False
        self._pid = self._pid % 65000 + 1
        self.flying.append([self._pid, what, time.ticks_ms()])
        await self.send(self.flying[-1], 0)
        return True

    async def send(self, flight, dup):
        leaf, retain, payload = self.uplink.write(flight[1])
        topic = (self.root + leaf).encode()
        await self.packet(
            0x32 | dup | retain, struct.pack(">H", len(topic)) + topic + struct.pack(">H", flight[0]), payload
        )

    async def packet(self, first, head, payload=b""):
        start = bytearray((first, 0, 0, 0))
        n = varint(start, 1, len(head) + len(payload))
        await self._net.write(start[:n] + head)
        if payload:
            await self._net.write(payload)
        self._sent = time.ticks_ms()

    async def _mind(self):
        """Keep the link alive, and notice when it is not."""
        now = time.ticks_ms()
        for since in (self._pinged, self.flying[0][2] if self.flying else None):
            if since is not None and time.ticks_diff(now, since) > _PATIENCE:
                raise OSError(errno.ETIMEDOUT)
        while self.acks:
            await self.packet(0x40, self.acks.pop(0))
        if self._pinged is None and time.ticks_diff(now, self._sent) > _KEEP * 500:
            self._pinged = now
            await self.packet(0xC0, b"")

    # Receiving

    acks = ()

    def take_in(self):
        data = self._net.receive()
        if self._skip:
            n = min(self._skip, len(data))
            self._skip -= n
            data = data[n:]
        if not data:
            return False
        rx = self._rx
        rx.extend(data)
        while True:
            try:
                n, at = number(rx, 1)
            except IndexError:
                at = len(rx)
                n = 1
            if at > 5:
                raise OSError(errno.EINVAL)
            end = at + n
            more = end - len(rx)
            # Of what is too long, enough for its topic and number: it is answered, and not read.
            if more > 0 and (n <= self._most or len(rx) < at + 300):
                return True
            self._packet_in(rx[0], memoryview(rx)[at:end], more > 0)
            self._skip = max(0, more)
            rx = self._rx = rx[end:]

    def _packet_in(self, first, body, cut):
        kind = first >> 4
        if kind == 2:
            self.answered = body[1]
            self.acks = []
        elif kind == 4:
            pid = body[0] << 8 | body[1]
            for flight in self.flying:
                if flight[0] == pid:
                    self.flying.remove(flight)
                    self.uplink.acked(flight[1])
                    break
        elif kind == 13:
            self._pinged = None
        elif kind == 3:
            late("links.mqtt_message").take(self, first, body, cut)
