"""Pages: what the board shows and lets change by itself, to who knows its password."""

import asyncio
import errno
import json
import socket
import time

from agent.late import late
from micropython import const

_LINE = const(512)
_HEAD = const(2048)
_BODY = const(1024)
_PATIENCE = const(5000)  # ms for a whole request
_AT_ONCE = const(3)
_REASONS = {200: "OK", 204: "No Content", 303: "See Other", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Refuse(Exception):
    """`args`: status and text."""


class Pages:
    name = "pages"
    silence = 60000

    def __init__(self, agent):
        self._agent = agent
        self._busy = 0
        self._tasks = []
        self.turned_away = 0

    async def run(self):
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", self._agent.config["http_port"]))
            listener.listen(4)
            listener.setblocking(False)
            while True:
                self.beat = time.ticks_ms()
                try:
                    s, _ = listener.accept()
                except OSError as error:
                    if error.errno != errno.EAGAIN:
                        raise
                    await asyncio.sleep_ms(50)
                    continue
                if self._busy >= _AT_ONCE:
                    self.turned_away += 1
                    s.close()
                    continue
                self._busy += 1
                self._tasks = [task for task in self._tasks if not task.done()]
                self._tasks.append(asyncio.create_task(self._serve(s)))
        finally:
            listener.close()

    async def _serve(self, s):
        try:
            s.setblocking(False)
            request = Request(s)
            try:
                await request.read()
                answer = await late("agent.page").answer(self._agent, request)
            except Refuse as refused:
                answer = (refused.args[0], "text/plain", refused.args[1])
            await request.write(*answer)
            for _ in range(16):  # what came and was not read would turn the answer into a reset
                if not s.recv(512):
                    break
        except (OSError, ValueError, MemoryError) as error:
            if not isinstance(error, OSError):
                self._agent.log("pages", error)
        finally:
            s.close()
            self._busy -= 1


class Request:
    """method, path, query and form as dicts, headers; `body` at most 1 KB, except what an upload reads itself."""

    def __init__(self, s):
        self._s = s
        self._rest = b""
        self._until = time.ticks_add(time.ticks_ms(), _PATIENCE)
        self.body = b""

    async def more(self):
        while True:
            try:
                data = self._s.recv(512)
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise
                if time.ticks_diff(self._until, time.ticks_ms()) < 0:
                    raise OSError(errno.ETIMEDOUT) from None
                await asyncio.sleep_ms(10)
                continue
            if not data:
                raise OSError(errno.ECONNRESET)
            return data

    async def read(self):
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            line = self._rest.find(b"\r\n")
            if (line < 0 and len(self._rest) > _LINE) or len(self._rest) > _HEAD:
                raise Refuse(414 if line < 0 else 431, "too long")
            self._rest += await self.more()
        try:
            lines = self._rest[:end].decode().split("\r\n")
            self.method, target, _ = lines[0].split(" ")
        except ValueError:  # and UnicodeError, which is one
            raise Refuse(400, "no request") from None
        self._rest = self._rest[end + 4 :]
        if any(len(line) > _LINE for line in lines):
            raise Refuse(414, "too long")
        self.path, _, query = target.partition("?")
        self.query = fields(query)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        length = self.headers.get("content-length", "0")
        if not length.isdigit():
            raise Refuse(400, "no length")
        self.length = int(length)
        if self.path != "/update":
            if self.length > _BODY:
                raise Refuse(413, "at most %d bytes" % _BODY)
            while len(self._rest) < self.length:
                self._rest += await self.more()
            self.body = self._rest[: self.length]

    async def piece(self):
        """The next piece of an upload."""
        self._until = time.ticks_add(time.ticks_ms(), _PATIENCE)
        data = self._rest or await self.more()
        self._rest = b""
        return data

    async def write(self, status, kind, text):
        body = text if isinstance(text, bytes) else text.encode()
        head = "HTTP/1.1 %d %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\n" % (
            status,
            _REASONS.get(status, "Refused"),
            kind,
            len(body),
        )
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
        if status == 401:
            head += 'WWW-Authenticate: Basic realm="Ohmstead"\r\n'
        if status == 303:
            head += "Location: /\r\n"
        out = memoryview(head.encode() + b"Connection: close\r\n\r\n" + body)
        while len(out):
            try:
                out = out[self._s.send(out[:1024]) :]
            except OSError as error:
                if error.errno != errno.EAGAIN or time.ticks_diff(self._until, time.ticks_ms()) < -_PATIENCE:
                    raise
                await asyncio.sleep_ms(10)


def fields(text):
    """name=value&… with percent signs; a malformed one is taken as it is."""
    found = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name:
            found[unquote(name)] = unquote(value)
    return found


def unquote(text):
    out = bytearray()
    raw = text.replace("+", " ").encode()
    i = 0
    while i < len(raw):
        try:
            if raw[i] == 37:
                out.append(int(raw[i + 1 : i + 3], 16))
                i += 3
                continue
        except ValueError:
            pass
        out.append(raw[i])
        i += 1
    try:
        return bytes(out).decode()
    except ValueError:
        return text


def to_json(content):
    return 200, "application/json", json.dumps(content)
