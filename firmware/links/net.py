"""A TCP connection that never blocks: whoever waits sleeps in between."""

import asyncio
import errno
import time

from agent.late import late
from micropython import const

_PATIENCE = const(10000)  # ms: one time for everything; after it the connection is dead

_AGAIN = (errno.EAGAIN, 2, 3)  # and what TLS says when it wants to read or write


class Net:
    """`open`, `receive`, `write`, `close`. Every error is an OSError, and leaves nothing to be used."""

    def __init__(self, host, port, tls=None):
        self.where = host, port
        self.tls = tls
        self._s = None

    async def open(self):
        await late("links.opening").connect(self)

    async def wait(self, until):
        if time.ticks_diff(until, time.ticks_ms()) < 0:
            raise OSError(errno.ETIMEDOUT)
        await asyncio.sleep_ms(5)

    def receive(self, most=512):
        """What has arrived, at most `most` bytes; empty when nothing has."""
        try:
            data = self._recv(most)
        except OSError as error:
            if error.errno in _AGAIN:
                return b""
            raise
        if data is None:
            return b""
        if not data:
            raise OSError(errno.ECONNRESET)
        return data

    async def write(self, data):
        until = time.ticks_add(time.ticks_ms(), _PATIENCE)
        view = memoryview(data)
        while len(view):
            try:
                n = self._send(view)
            except OSError as error:
                if error.errno not in _AGAIN:
                    raise
                n = None
            if n:
                view = view[n:]
            else:
                await self.wait(until)

    def close(self):
        if self._s:
            try:
                self._s.close()
            except OSError:
                pass
            self._s = None
