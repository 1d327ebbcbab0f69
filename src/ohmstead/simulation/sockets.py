"""Real sockets for simulated meters: HTTP/1.1 keep-alive and an MQTT 3.1.1 client, no more than a meter needs."""

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Callable
from typing import Final, Self
from urllib.parse import urlsplit

from ohmstead.mqtt.codes import PacketType, Version
from ohmstead.mqtt.packets import PINGREQ, Ack, Connack, Connect, Packet, Publish, Subscribe, Subscription, Will
from ohmstead.mqtt.parse import PacketBuffer

TIMEOUT_S: Final = 30.0
WINDOW: Final = 64  # messages on their way that are not acknowledged yet
KEEP_ALIVE_S: Final = 60


class Broken(Exception):
    """The connection ended, or the server refused it."""


class HttpLink:
    """One keep-alive connection; `post` opens it when there is none. Raises Broken."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, token: str | None = None) -> tuple[int, bytes]:
        """(status, body) of the answer."""
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n{authorization}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
                reader, writer = self._streams
                writer.write(head.encode() + body)
                await writer.drain()
                return await self._answer(reader)
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
            self.close()
            raise Broken(str(error) or type(error).__name__) from error

    async def get(self, path: str, token: str, on_data: Callable[[bytes], None], start: int = 0) -> int:
        """Fetch a file from byte `start` on, handing on what arrives as it arrives; the status, 200 or 206 if good."""
        asked = f"Range: bytes={start}-\r\n" if start else ""
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAuthorization: Bearer {token}\r\n{asked}\r\n"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
                reader, writer = self._streams
                writer.write(head.encode())
                await writer.drain()
                told = (await reader.readuntil(b"\r\n\r\n")).lower()
            status = int(told.split(b" ", 2)[1])
            _, found, rest = told.partition(b"content-length:")
            left = int(rest.partition(b"\r\n")[0]) if found else 0
            while left:
                async with asyncio.timeout(TIMEOUT_S):
                    data = await reader.read(min(left, 4096))
                if not data:
                    raise EOFError
                left -= len(data)
                if status in (200, 206):
                    on_data(data)
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
            self.close()
            raise Broken(str(error) or type(error).__name__) from error
        if b"connection: close" in told:
            self.close()
        return status

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, found, rest = head.partition(b"content-length:")
        length = int(rest.partition(b"\r\n")[0]) if found else 0
        body = await reader.readexactly(length)
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class MqttLink:
    """A connected client. `publish` waits only while too many messages are unacknowledged. Raises Broken.

    Messages of topics that were subscribed go to `on_message`, and are acknowledged.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.cycle(range(1, 65_536))
        self._free = asyncio.Semaphore(WINDOW)
        self._waiting: set[int] = set()
        self._settled = asyncio.Event()
        self._error: str | None = None
        self._listening: asyncio.Task[None] | None = None
        self.on_message: Callable[[str, bytes], None] = lambda topic, payload: None

    @classmethod
    async def open(
        cls, host: str, port: int, client_id: str, username: str, password: str, will: Will | None = None
    ) -> Self:
        connect = Connect(client_id, Version.V311, True, KEEP_ALIVE_S, username, password.encode(), will)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(connect.encode())
                buffer = PacketBuffer()
                answer: Packet | None = None
                while answer is None:
                    answer = next(iter(buffer.feed(await _some(reader))), None)
        except (OSError, EOFError) as error:
            raise Broken(str(error) or type(error).__name__) from error
        if not isinstance(answer, Connack) or answer.reason:
            writer.close()
            raise Broken(f"MQTT refused {client_id}: {answer}")
        link = cls(reader, writer)
        link._listening = asyncio.create_task(link._listen(), name=f"mqtt {client_id}")
        return link

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        if qos:
            await self._free.acquire()
        if self._error is not None:
            raise Broken(self._error)
        number = next(self._ids) if qos else 0
        if qos:
            self._waiting.add(number)
            self._settled.clear()
        self._writer.write(Publish(topic, payload, qos, retain, packet_id=number).encode(Version.V311))
        try:
            await self._writer.drain()
        except OSError as error:
            raise Broken(str(error)) from error

    def send(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 without waiting for anything, from within `on_message`."""
        number = next(self._ids)
        self._writer.write(Publish(topic, payload, 1, packet_id=number).encode(Version.V311))

    async def subscribe(self, *filters: str) -> None:
        if self._error is not None:
            raise Broken(self._error)
        wanted = tuple(Subscription(one, 1) for one in filters)
        self._writer.write(Subscribe(next(self._ids), wanted).encode(Version.V311))

    async def settled(self) -> None:
        """Return once everything published is acknowledged."""
        while self._waiting and self._error is None:
            self._settled.clear()
            await self._settled.wait()
        if self._error is not None:
            raise Broken(self._error)

    async def ping(self) -> None:
        if self._error is not None:
            raise Broken(self._error)
        self._writer.write(PINGREQ)

    async def _listen(self) -> None:
        try:
            buffer = PacketBuffer()
            while True:
                for packet in buffer.feed(await _some(self._reader)):
                    if isinstance(packet, Ack) and packet.type is PacketType.PUBACK:
                        self._acknowledged(packet.packet_id)
                    elif isinstance(packet, Publish):
                        if packet.qos:
                            self._writer.write(Ack(PacketType.PUBACK, packet.packet_id).encode(Version.V311))
                        self.on_message(packet.topic, packet.payload)
        except (OSError, EOFError) as error:
            self._error = str(error) or "the server hung up"
        finally:
            self._error = self._error or "closed"
            self._settled.set()
            for _ in range(WINDOW):
                self._free.release()

    def _acknowledged(self, number: int) -> None:
        if number in self._waiting:
            self._waiting.discard(number)
            self._free.release()
        if not self._waiting:
            self._settled.set()

    def abort(self) -> None:
        """The network is gone: nothing is said, and nothing waits."""
        self._writer.transport.abort()

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        self._writer.close()


async def _some(reader: asyncio.StreamReader) -> bytes:
    """Bytes that arrived; EOFError at the end of the connection."""
    data = await reader.read(65_536)
    if not data:
        raise EOFError("the server hung up")
    return data
