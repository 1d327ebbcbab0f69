"""A device of system 004, byte for byte, in its three generations: what it answers, and what it asks."""

import asyncio
import base64
import contextlib
import json
import socket
from enum import Enum
from typing import Final
from urllib.parse import parse_qs, urlsplit

WINDOW_BYTES: Final = 5744  # of lwIP as the Arduino core builds it
JSON: Final = "application/json"
TEXT: Final = "text/plain"
TARGETS: Final = ("firmware.bin", "spiffs.bin", "bootloader.bin", "partitions.bin")


class Generation(Enum):
    """FIRST asks for the lights once at its start; PP4 pings the server; HEAD only answers, and not always."""

    FIRST = "first"
    PP4 = "django_smart_home_pp4"
    HEAD = "head"


class AfterUpdate(Enum):
    """What it does once it has a whole file: as it should, break the connection, stay away, or refuse."""

    ANSWERS = "answers"
    RESETS = "resets"
    STAYS_AWAY = "stays away"
    REFUSES = "refuses"


class HomeDevice:
    """Answers on `port` once started. `lights` is what its screen shows: {(room, light): "on" or "off"}."""

    def __init__(self, generation: Generation = Generation.HEAD) -> None:
        self.generation = generation
        self.lights: dict[tuple[str, str], str] = {}
        self.variables = {"ssid": "barn", "password": "hens and cows", "djangoUserName": "anna"}
        self.interval_ms = 0
        self.requests: list[str] = []  # targets, in order
        self.mute = False  # takes connections and says nothing
        self.port = 0
        self.flash: dict[str, bytes] = {}  # what was written where, by the name of the file
        self.after_update = AfterUpdate.ANSWERS
        self.cut_after: int | None = None  # the connection breaks once after so many bytes of an upload
        self._known_ip: str | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> "HomeDevice":
        """Begin, or begin again after a power cut: what it knew of its server is lost."""
        self._known_ip, self.interval_ms = None, 0
        self.lights.clear()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Its network stack holds a few kilobytes; what does not fit, the sender keeps.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        listener.bind(("127.0.0.1", port or self.port))
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=WINDOW_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Power off."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.decode("latin-1").split("\r\n", 1)[0].split(" ")
                self.requests.append(target)
                if (method, target) == ("POST", "/django_update_firmware"):
                    await self._update(head, reader, writer)
                    return
                answer = None if self.mute else self.answer(method, target, writer.get_extra_info("peername")[0])
                if answer is None:
                    await reader.read()  # nothing is said; the other side gives up
                else:
                    writer.write(answer)
                    await writer.drain()
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _update(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The upload handler: the name of the file selects what is written; it restarts whatever came."""
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if self.cut_after is not None and self.cut_after < length:
            await reader.readexactly(self.cut_after)
            self.cut_after = None
            writer.transport.abort()
            return
        body = await reader.readexactly(length)
        name, content = _uploaded(body)
        if self.after_update is AfterUpdate.REFUSES:
            writer.write(respond(500, TEXT, "Update Failed: Wrong Magic Byte"))
            await writer.drain()
            return
        if name in TARGETS:
            self.flash[name] = content
        if self.after_update is not AfterUpdate.RESETS:
            writer.write(respond(200, TEXT, "Update Success! Rebooting..."))
            await writer.drain()
        else:
            writer.transport.abort()
        self._known_ip, self.interval_ms = None, 0
        self.lights.clear()
        if self.after_update is AfterUpdate.STAYS_AWAY:
            self.mute = True

    def answer(self, method: str, target: str, ip: str) -> bytes | None:
        """The bytes of the answer; None where the firmware sends none."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        if url.path == "/":
            return self._home(query.get("check_interval"), ip)
        if url.path == "/control_led":
            self.lights[query.get("room", ""), query.get("light", "")] = query.get("action", "")
            return respond(200, JSON, ' {"status":"success"} ')
        if url.path == "/variable":
            return self._variable(query)
        if url.path == "/django_update_firmware" and method == "OPTIONS":
            return respond(200, TEXT, "", "Access-Control-Allow-Origin: *\r\n")
        return respond(404, TEXT, "Not found: " + url.path)

    def _home(self, interval: str | None, ip: str) -> bytes | None:
        if self.generation is not Generation.HEAD:
            return respond(200, TEXT, f"Home is online. Your IP: {ip}")
        if ip != self._known_ip:
            self._known_ip = ip
            if interval is None:
                return respond(200, TEXT, "No check_interval provided.")
            self.interval_ms = _whole(interval) * 1000
            return None
        if interval is not None:
            first, self.interval_ms = self.interval_ms == 0, _whole(interval) * 1000
            return respond(200, "", "") if first else respond(200, TEXT, f"New interval received: {self.interval_ms}")
        return respond(200, TEXT, "Home is Online") if self.interval_ms else None

    def _variable(self, query: dict[str, str]) -> bytes:
        name, value = query.get("var_name"), query.get("value")
        if query.get("action") == "get":
            if name not in self.variables:
                return respond(404, JSON, '{"error":"Variable not found"}')
            return respond(200, JSON, json.dumps({"value": self.variables[name]}, separators=(",", ":")))
        if query.get("action") != "set" or not name or value is None:
            return respond(400, JSON, '{"status":"error","message":"Missing parameters"}')
        self.variables[name] = value
        return respond(200, JSON, '{"status":"success","message":"Variable updated"}')

    # What it asks: base URL from the caller's address, credentials compiled in

    async def ask(self, host: str, port: int, method: str, path: str, user: str, password: str, body: str = "") -> int:
        """One request as its HTTP client makes it; the status, -1 when there is no answer."""
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: ESP32HTTPClient\r\n"
            f"Connection: keep-alive\r\nAccept-Encoding: identity;q=1,chunked;q=0.1,*;q=0\r\n"
            f"Authorization: Basic {credentials}\r\n"
        )
        if method == "POST":
            head += f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(f"{head}\r\n{body}".encode())
            line = await reader.readline()
            return int(line.split()[1]) if line else -1
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)

    async def send_serial(self, host: str, port: int, user: str, password: str, text: str) -> int:
        """What its serial port says, between quotes as it is: nothing is escaped."""
        body = '{"data":"' + text + '"}'
        return await self.ask(host, port, "POST", "/esp/serial_data/", user, password, body)


def _uploaded(body: bytes) -> tuple[str, bytes]:
    """Name and content of the file in the field `firmware`."""
    boundary, _, rest = body.partition(b"\r\n")
    head, _, rest = rest.partition(b"\r\n\r\n")
    assert b'name="firmware"' in head
    name = head.split(b'filename="')[1].split(b'"')[0].decode()
    return name, rest[: rest.rindex(b"\r\n" + boundary)]


def respond(status: int, content_type: str, body: str, extra: str = "") -> bytes:
    """An answer as the Arduino web server writes it."""
    reason = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}[status]
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n{extra}"
    return f"{head}Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}".encode()


def _whole(text: str) -> int:
    """As `String::toInt`: what is no number is 0."""
    return int(text) if text.isascii() and text.isdigit() else 0
