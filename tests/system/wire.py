"""The smallest HTTP and MQTT clients that load tests can do with: written from the standards, not from the server."""

import asyncio
import itertools
import json
import struct
from typing import Any, Self


class HttpClient:
    """One keep-alive connection. Raises ConnectionError or asyncio.IncompleteReadError when it breaks."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def post(self, path: str, body: Any, token: str | None = None) -> tuple[int, bytes]:
        """(status, body) of the answer to `body`, given as bytes or as what becomes JSON."""
        assert self._writer is not None
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        authorization = f"authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self.host}\r\n{authorization}"
            f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        self._writer.write(head.encode() + data)
        return await self._answer()

    async def _answer(self) -> tuple[int, bytes]:
        assert self._reader is not None
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split(b" ", 2)[1])
        _, found, rest = head.partition(b"content-length:")
        length = int(rest.partition(b"\r\n")[0]) if found else 0
        return status, await self._reader.readexactly(length)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(raw)) + raw


def packet(first: int, body: bytes) -> bytes:
    """A control packet with its remaining length."""
    length, size = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        size.append(low | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(size) + body


class MqttClient:
    """MQTT 3.1.1, or 5.0 with `version=5`, as a device speaks it. Answers are read in order; nothing is retried.

    Properties are given as bytes, without their length.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self.version = 4
        self.connack = b""
        self._ids = itertools.cycle(range(1, 65_536))
        self._early: list[tuple[int, bytes]] = []  # messages that came before the SUBACK, as MQTT 3.1.1 §3.8.4 allows

    async def open(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def connect(
        self,
        client_id: str = "",
        username: str | None = None,
        password: str | None = None,
        *,
        clean: bool = True,
        keep_alive: int = 60,
        will: tuple[str, bytes, bool] | None = None,
        version: int = 4,
        properties: bytes = b"",
    ) -> int:
        """The return code of CONNACK."""
        await self.open()
        self.version = version
        flags, rest = 0x02 if clean else 0, text(client_id)
        if will is not None:
            flags |= 0x04 | (0x20 if will[2] else 0)
            rest += self._five() + text(will[0]) + text(will[1])
        if username is not None:
            flags |= 0x80
            rest += text(username)
        if password is not None:
            flags |= 0x40
            rest += text(password)
        head = text("MQTT") + bytes([version, flags]) + struct.pack("!H", keep_alive) + self._five(properties)
        self._writer.write(packet(0x10, head + rest))
        kind, self.connack = await self.read()
        assert kind == 0x20, f"CONNACK expected, got {kind:#x}"
        return self.connack[1]

    def _five(self, properties: bytes = b"") -> bytes:
        """Properties with their length, where the protocol has them."""
        assert len(properties) < 128
        return bytes([len(properties)]) + properties if self.version == 5 else b""

    async def read(self, within_s: float = 30.0) -> tuple[int, bytes]:
        """(first byte, body) of the next packet. Raises IncompleteReadError at the end of the connection."""
        return self._early.pop(0) if self._early else await self._next(within_s)

    async def _next(self, within_s: float) -> tuple[int, bytes]:
        async with asyncio.timeout(within_s):
            first = (await self._reader.readexactly(1))[0]
            length, shift = 0, 0
            while True:
                byte = (await self._reader.readexactly(1))[0]
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    return first, await self._reader.readexactly(length)

    def send_publish(
        self, topic: str, payload: Any, qos: int = 1, *, retain: bool = False, properties: bytes = b""
    ) -> int:
        """Write a PUBLISH without waiting; its packet id (0 at QoS 0)."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        packet_id = next(self._ids) if qos else 0
        number = struct.pack("!H", packet_id) if qos else b""
        head = text(topic) + number + self._five(properties)
        self._writer.write(packet(0x30 | qos << 1 | retain, head + data))
        return packet_id

    async def publish(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        """Publish at QoS 1 and wait for its PUBACK."""
        packet_id = self.send_publish(topic, payload, retain=retain)
        kind, body = await self.read()
        assert (kind, body) == (0x40, struct.pack("!H", packet_id)), f"PUBACK expected, got {kind:#x} {body!r}"

    async def subscribe(self, topic_filter: str, qos: int = 0, properties: bytes = b"") -> int:
        """The return code of SUBACK; messages that come before it are kept for `read`. `qos`: 5.0 options too."""
        head = struct.pack("!H", next(self._ids)) + self._five(properties)
        self._writer.write(packet(0x82, head + text(topic_filter) + bytes([qos])))
        kind, body = await self._next(10.0)
        while kind & 0xF0 == 0x30:
            self._early.append((kind, body))
            kind, body = await self._next(10.0)
        assert kind == 0x90, f"SUBACK expected, got {kind:#x}"
        return body[-1]

    async def message(self) -> tuple[str, bytes, bool]:
        """(topic, payload, retained) of the next PUBLISH."""
        kind, body = await self.read()
        assert kind & 0xF0 == 0x30, f"PUBLISH expected, got {kind:#x}"
        end = 2 + struct.unpack("!H", body[:2])[0]
        after = end + 2 * bool(kind & 0x06)
        return body[2:end].decode(), body[after:], bool(kind & 1)

    async def ping(self) -> None:
        self._writer.write(b"\xc0\0")
        assert await self.read() == (0xD0, b"")

    async def drain(self) -> None:
        await self._writer.drain()

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def disconnect(self) -> None:
        self._writer.write(b"\xe0\0")
        self._writer.close()

    def close(self) -> None:
        """Without a word, as a device that lost its power."""
        if hasattr(self, "_writer"):
            self._writer.transport.abort()
