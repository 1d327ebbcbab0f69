"""NTP: asked where no server of ours tells the time."""

import asyncio
import errno
import os
import socket
import struct
import time

_1900 = 2208988800  # s from 1900 to 1970


async def ask(host, patience_ms=5000, port=123):
    """Milliseconds since 1970. Raises OSError."""
    where = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0][-1]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.setblocking(False)
        query = b"\x1b" + bytes(39) + os.urandom(8)
        s.sendto(query, where)
        began = time.ticks_ms()
        while True:
            try:
                answer, _ = s.recvfrom(64)
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise
                if time.ticks_diff(time.ticks_ms(), began) > patience_ms:
                    raise OSError(errno.ETIMEDOUT) from None
                await asyncio.sleep_ms(10)
                continue
            # An answer to our question, from a server (4) that is itself in step (leap 3, stratum 0 and 16 are not).
            if len(answer) >= 48 and answer[24:32] == query[40:48] and answer[0] & 7 == 4:
                if answer[0] >> 6 == 3 or not 0 < answer[1] < 16:
                    raise OSError(errno.EINVAL)
                seconds, part = struct.unpack(">II", answer[40:48])
                seconds += (1 << 32) if seconds < 1 << 31 else 0
                way = time.ticks_diff(time.ticks_ms(), began) // 2
                return (seconds - _1900) * 1000 + (part * 1000 >> 32) + way
    finally:
        s.close()


class Ntp:
    """Asks at the start until it is answered, then every six hours."""

    name = "ntp"
    silence = 120000

    def __init__(self, host, clock, is_joined, log):
        self._host = host
        self._clock = clock
        self._is_joined = is_joined
        self._log = log

    async def run(self):
        wait = 5
        while True:
            if not self._is_joined or self._is_joined():
                try:
                    if self._clock.tell(await ask(self._host)):
                        self._log("clock", "set by " + self._host)
                    wait = 21600
                except OSError as error:
                    self._log("ntp", error)
                    wait = min(wait * 2, 3600)
            until = time.ticks_add(time.ticks_ms(), wait * 1000)
            while time.ticks_diff(until, time.ticks_ms()) > 0:
                self.beat = time.ticks_ms()
                await asyncio.sleep_ms(5000)
