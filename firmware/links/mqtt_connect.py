"""How an MQTT session begins: who speaks, what is listened to, what is still under way."""

import asyncio
import errno
import struct
import time

from micropython import const

_KEEP = const(60)  # s
_PATIENCE = const(30000)  # ms


async def connect(link):
    s = link.settings
    serial = link.uplink.serial
    fields = [serial.encode()]
    flags = 0
    if s.get("will", True):
        flags = 0x2C
        fields += [(link.root + "status").encode(), b"offline"]
    if s.get("token") is not None:
        flags |= 0xC0
        fields += [s.get("user", serial).encode(), s["token"].encode()]
    body = b"\x00\x04MQTT\x04" + bytes((flags, 0, _KEEP))
    for field in fields:
        body += struct.pack(">H", len(field)) + field
    link.answered = None
    await link.packet(0x10, body)
    until = time.ticks_add(time.ticks_ms(), _PATIENCE)
    while link.answered is None:
        if time.ticks_diff(until, time.ticks_ms()) < 0:
            raise OSError(errno.ETIMEDOUT)
        link.take_in()
        link.uplink.alive()
        await asyncio.sleep_ms(10)
    if link.answered:
        raise OSError(errno.EACCES)
    topics = b""
    for leaf in ("commands", "desired", "time") if s.get("will", True) else ():
        topic = (link.root + leaf).encode()
        topics += struct.pack(">H", len(topic)) + topic + b"\x01"
    if topics:
        await link.packet(0x82, b"\xff\xff" + topics)
    now = time.ticks_ms()
    for flight in link.flying:
        flight[2] = now
        await link.send(flight, 8)
    link.uplink.connected()
