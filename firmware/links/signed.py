"""HTTP without TLS, for a board that has none: every request proves who asks, and the token is never said.

HMAC-SHA256 over the request, and over its answer; the key is the SHA-256 of the token.
"""

import errno
import hashlib
import json
import time
from binascii import hexlify

from links import http

_serial = ""
_told = _last = 0  # the server's ms at `_at`; the stamp used last
_at = time.ticks_ms()


def header(settings, method, path, body=b""):
    """What goes with a request, as (name, value). Each has a stamp of its own."""
    global _last
    now = _told + time.ticks_diff(time.ticks_ms(), _at)
    if now < _last - 60000:  # it is another server, or the counter of the chip began anew: then the time is asked again
        _last = now
    _last = max(now, _last + 1)
    mac = _mac(settings, "%s %s %d\n" % (method, path, _last), body)
    return "Authorization", "HMAC %s:%d:%s" % (_serial, _last, mac)


def _mac(settings, head, body):
    key = hashlib.sha256(settings["token"].encode()).digest()
    inner = hashlib.sha256(_pad(key, 0x36))
    inner.update(head.encode())
    inner.update(body)
    outer = hashlib.sha256(_pad(key, 0x5C))
    outer.update(inner.digest())
    return hexlify(outer.digest()).decode()


def _pad(key, byte):
    return bytes([b ^ byte for b in key] + [byte] * 32)


class Link(http.Link):
    """The same as `links.http`; somebody on the way may refuse in the server's name, but not accept."""

    _knows = False  # the server's time

    def __init__(self, settings, serial, uplink):
        global _serial
        http.Link.__init__(self, settings, serial, uplink)
        _serial = serial

    def _headers(self, method, path, body=b""):
        return [("Content-Type", "application/json"), header(self._settings, method, path, body)]

    def _check(self, headers, status, answered, body):
        if status in (401, 403, 404, 429) or status >= 500 or not self._knows:
            return
        stamp = headers[1][1].split(":")[-2]
        if answered.get("x-ohmstead-mac") != _mac(self._settings, "%s %d\n" % (stamp, status), body):
            raise OSError(errno.EACCES)

    async def _time(self):
        """The server's, which an answer of its own to a request of that time proves. Raises OSError."""
        global _told, _at
        self._knows = False
        told = await self._get("time")
        try:
            _told, _at = int(json.loads(told)["now"]), time.ticks_ms()
        except (ValueError, KeyError, TypeError, OverflowError):
            raise OSError(errno.EINVAL) from None
        self._knows = True
        await self._get("devices/me/desired?version=%d&wait=0" % max(0, self._version))
        return told
