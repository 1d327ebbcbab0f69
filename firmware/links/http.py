"""HTTP: telemetry by POST, what is desired by a request that waits; Bearer or Basic, gzip where the port has it."""

import asyncio
import errno
import json
import time

from links.request import Client

_API = "/api/v1/"
_POLL_S = 20


class Link:
    """The same as `links.mqtt`: `session` speaks until the link is cut."""

    def __init__(self, settings, serial, uplink):
        self._settings = settings
        self._serial = serial
        self._uplink = uplink
        self._flying = None
        self._version = -1
        self._path = settings.get("path", _API + "telemetry")

    def _headers(self, method, path, body=b""):
        s = self._settings
        headers = [("Content-Type", "application/json")]
        if s.get("user"):
            from binascii import b2a_base64

            pair = (s["user"] + ":" + s.get("token", "")).encode()
            headers.append(("Authorization", "Basic " + b2a_base64(pair).decode().strip()))
        elif s.get("token"):
            headers.append(("Authorization", "Bearer " + s["token"]))
        return headers

    async def session(self):
        s = self._settings
        where = s["host"], s.get("port", 8000), s.get("tls")
        self._client = Client(where[0], where[1], where[2], self._uplink.alive)
        self._asking = time.ticks_add(time.ticks_ms(), -_POLL_S * 1000)
        native = self._path.startswith(_API)
        try:
            if native:
                self._uplink.message("time", await self._time())
            self._uplink.connected()
            while True:
                self._uplink.alive()
                what = self._flying or self._uplink.next()
                if what:
                    self._flying = what
                    if not await self._deliver(what):
                        continue
                    self._flying = None
                elif native and time.ticks_diff(time.ticks_ms(), self._asking) >= _POLL_S * 1000:
                    self._asking = time.ticks_ms()
                    await self._ask()
                else:
                    await asyncio.sleep_ms(50)
        finally:
            self._client.close()

    async def _get(self, path):
        path = _API + path
        headers = self._headers("GET", path)
        status, answered = await self._client.ask("GET", path, headers)
        body = await self._client.body(16384)
        self._check(headers, status, answered, body)
        if status != 200:
            raise OSError(errno.EACCES if status in (401, 403) else errno.EINVAL)
        return body

    def _check(self, headers, status, answered, body):
        """Whether the answer is the server's own is for a link to say that can tell: OSError."""

    async def _time(self):
        return await self._get("time")

    async def _ask(self):
        """What is desired, and the orders that wait."""
        body = await self._get("devices/me/desired?version=%d&wait=0" % max(0, self._version))
        desired = json.loads(body)
        if desired.get("version", 0) != self._version and desired.get("version"):
            self._version = desired["version"]
            self._uplink.message("desired", body)
        for command in desired.get("commands", ()):
            self._uplink.message("commands", json.dumps(command).encode())

    async def _deliver(self, what):
        """Send one message; True when the server has it, or will never take it."""
        leaf, _, payload = self._uplink.write(what)
        path = self._path
        if leaf != "telemetry":
            path = _API + "devices/me/" + leaf
            if leaf == "status" or not self._path.startswith(_API):
                return True
        packed = _gzip(payload) if self._settings.get("gzip") and len(payload) > 400 else None
        headers = self._headers("POST", path, packed or payload)
        if packed:
            headers.append(("Content-Encoding", "gzip"))
        status, answered = await self._client.ask("POST", path, headers, packed or payload)
        self._check(headers, status, answered, await self._client.body(16384))
        if 200 <= status < 300:
            self._uplink.acked(what)
            return True
        if status in (401, 403, 404):
            raise OSError(errno.EACCES)
        if status == 429 or status >= 500:
            wait = answered.get("retry-after", "")
            for _ in range(min(int(wait) if wait.isdigit() else 5, 60)):
                self._uplink.alive()
                await asyncio.sleep_ms(1000)
            return False
        # 400, 413, 415, 422: it would be refused for ever.
        self._uplink.log("uplink", "refused: %d" % status)
        self._uplink.acked(what)
        return True


def _gzip(data):
    try:
        import io

        import deflate
    except ImportError:
        return None
    stream = io.BytesIO()
    with deflate.DeflateIO(stream, deflate.GZIP) as packed:
        packed.write(data)
    return stream.getvalue()
