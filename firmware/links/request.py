"""One HTTP request over a connection that is kept: status, headers that matter, body in pieces."""

import asyncio
import errno
import time

from links.net import Net
from micropython import const

_PATIENCE = const(30000)


def split(url):
    """host, port, tls, path of an http or https address. Raises ValueError."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise ValueError("expected http:// or https://")
    place, slash, path = rest.partition("/")
    host, _, port = place.partition(":")
    return host, int(port) if port else 443 if scheme == "https" else 80, scheme == "https", slash + path or "/"


class Client:
    """`ask`, then `read` until it gives b"". A cut is an OSError, and the next `ask` connects again."""

    def __init__(self, host, port, tls=None, alive=None):
        self._where = host, port, tls
        self._net = None
        self._alive = alive or (lambda: None)

    async def ask(self, method, path, headers=(), body=b""):
        """Send a request; returns (status, {header: value}) in lower case."""
        if self._net is None:
            self._net = Net(*self._where)
            try:
                await self._net.open()
            except OSError:
                self.close()
                raise
        try:
            head = ["%s %s HTTP/1.1" % (method, path), "Host: %s:%d" % self._where[:2]]
            head += ["%s: %s" % one for one in headers]
            if body or method == "POST":
                head.append("Content-Length: %d" % len(body))
            await self._net.write(("\r\n".join(head) + "\r\n\r\n").encode())
            if body:
                await self._net.write(body)
            return await self._head()
        except OSError:
            self.close()
            raise

    async def _head(self):
        self._rest = b""
        self._since = time.ticks_ms()
        while True:
            end = self._rest.find(b"\r\n\r\n")
            if end >= 0:
                break
            if len(self._rest) > 4096:
                raise OSError(errno.EINVAL)
            self._rest += await self._more()
        lines = self._rest[:end].decode().split("\r\n")
        self._rest = self._rest[end + 4 :]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        words = lines[0].split(" ")
        if len(words) < 2 or not words[1].isdigit():
            raise OSError(errno.EINVAL)
        self._chunked = headers.get("transfer-encoding") == "chunked"
        status = int(words[1])
        self._left = 0 if status in (204, 304) else int(headers.get("content-length") or 0)
        self._last = headers.get("connection") == "close"
        if self._chunked:
            raise OSError(errno.EINVAL)  # our server tells the length
        return status, headers

    async def _more(self):
        while True:
            data = self._net.receive(512)
            if data:
                return data
            self._alive()
            if time.ticks_diff(time.ticks_ms(), self._since) > _PATIENCE:
                raise OSError(errno.ETIMEDOUT)
            await asyncio.sleep_ms(10)

    async def read(self, most=1024):
        """The next piece of the body, b"" at its end."""
        if not self._left:
            if self._last:
                self.close()
            return b""
        try:
            self._since = time.ticks_ms()
            data = self._rest or await self._more()
        except OSError:
            self.close()
            raise
        self._rest = data[most:]
        data = data[: min(most, self._left)]
        self._left -= len(data)
        return data

    async def body(self, most):
        """The whole body; ValueError beyond `most` bytes."""
        if self._left > most:
            self.close()
            raise ValueError("longer than %d bytes" % most)
        parts = []
        while data := await self.read():
            parts.append(data)
        return b"".join(parts)

    def close(self):
        if self._net:
            self._net.close()
            self._net = None
