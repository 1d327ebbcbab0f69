"""A tiny MQTT client over a real socket, and stand-ins for what the gateway works against."""

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

from ohmstead.domain.errors import MalformedPayload
from ohmstead.mqtt.codes import PacketType, Reason, Version
from ohmstead.mqtt.packets import (
    Ack,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Ping,
    Pong,
    Publish,
    Suback,
    Subscribe,
    Subscription,
)
from ohmstead.mqtt.parse import PacketBuffer

P = TypeVar("P", bound=Packet)

SOON_S = 5.0  # a bound for what should come at once; never waited for in a passing test


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: Version) -> None:
        self.version = version
        self._reader = reader
        self._writer = writer
        self._buffer = PacketBuffer(version)
        self._got: list[Packet] = []

    @classmethod
    async def dial(cls, port: int, version: Version = Version.V311) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port), version)

    @classmethod
    async def connect(cls, port: int, client_id: str = "c", version: Version = Version.V311, **more: object) -> Self:
        peer = await cls.dial(port, version)
        peer.send(Connect(client_id, version, **more))  # type: ignore[arg-type]
        connack = await peer.expect(Connack)
        assert connack.reason is Reason.SUCCESS, connack
        peer.session_present = connack.session_present
        peer.told = connack.properties
        return peer

    session_present = False

    def raw(self, data: bytes) -> None:
        self._writer.write(data)

    def send(self, *packets: Packet) -> None:
        for packet in packets:
            self.raw(packet.encode() if isinstance(packet, Connect) else packet.encode(self.version))

    async def next(self) -> Packet | None:
        """The next packet; None when the server hung up."""
        while not self._got:
            async with asyncio.timeout(SOON_S):
                try:
                    data = await self._reader.read(65_536)
                except ConnectionError:
                    data = b""
            if not data:
                self._writer.close()
                return None
            self._got += self._buffer.feed(data)
        return self._got.pop(0)

    async def expect(self, kind: type[P]) -> P:
        packet = await self.next()
        assert isinstance(packet, kind), packet
        return packet

    async def all_until_pong(self) -> list[Packet]:
        """Everything the server sent before it answered a ping: so that "nothing came" can be asserted."""
        self.send(Ping())
        found: list[Packet] = []
        while not isinstance(packet := await self.next(), Pong):
            assert packet is not None, found
            found.append(packet)
        return found

    async def hung_up(self) -> bool:
        """True once the server closed; a 5.0 DISCONNECT before it is read over."""
        while (packet := await self.next()) is not None:
            assert isinstance(packet, Disconnect), packet
        return True

    async def subscribe(self, *filters: str | Subscription, qos: int = 1) -> tuple[Reason, ...]:
        wanted = tuple(one if isinstance(one, Subscription) else Subscription(one, qos) for one in filters)
        self.send(Subscribe(1, wanted))
        return (await self.expect(Suback)).reasons

    async def publish(self, topic: str, payload: bytes, **more: object) -> Ack:
        """Publish with QoS 1 and wait for the acknowledgement; what comes before it stays to be read."""
        self.send(Publish(topic, payload, 1, packet_id=1, **more))  # type: ignore[arg-type]
        before: list[Packet] = []
        while not isinstance(packet := await self.next(), Ack):
            assert packet is not None, before
            before.append(packet)
        self._got[:0] = before
        return packet

    async def drop(self) -> None:
        """Vanish without a good-bye."""
        self._writer.transport.abort()

    async def bye(self) -> None:
        self.send(Disconnect())
        assert await self.hung_up()
        self._writer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()


def puback(packet_id: int, reason: Reason = Reason.SUCCESS) -> Ack:
    return Ack(PacketType.PUBACK, packet_id, reason)


class Rights:
    """A Grant that allows what is asked of it and takes messages the way `House` says."""

    def __init__(self, house: "House", client_id: str, owner: str) -> None:
        self._house = house
        self.owner = owner
        self.client_id = client_id
        self.ended: bool | None = None

    def may_publish(self, topic: str) -> bool:
        return not topic.startswith("forbidden/")

    def may_subscribe(self, topic_filter: str) -> bool:
        return topic_filter not in self._house.denied

    def may_retain(self, topic: str) -> bool:
        return self._house.retains

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        if payload == b"rubbish":
            raise MalformedPayload("not a payload")
        if self._house.obstacle is not None:
            raise self._house.obstacle
        self._house.taken.append((topic, bytes(payload), qos, retain))
        return self._house.ticket() if topic.endswith("telemetry") else 0

    def closed(self, clean: bool) -> None:
        assert self.ended is None, "closed() twice"
        self.ended = clean
        self._house.ended.append((self.client_id, clean))


class House:
    """Gatekeeper and retained store in one: telemetry gets tickets, everything else none."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, int, bool]] = []
        self.ended: list[tuple[str, bool]] = []
        self.seen: list[tuple[str, str | None, bytes | None, str]] = []
        self.denied: set[str] = set()
        self.retains = True
        self.obstacle: Exception | None = None
        self.kept: dict[str, tuple[bytes, int, bytes | None, float | None]] = {}
        self.tickets = 0
        self.retained_ticketed = False
        self.on_connect: Callable[[], None] = lambda: None

    def ticket(self) -> int:
        self.tickets += 1
        return self.tickets

    def connect(self, client_id: str, username: str | None, password: bytes | None, peer: str) -> Rights | None:
        self.seen.append((client_id, username, password, peer))
        self.on_connect()
        return None if password == b"wrong" else Rights(self, client_id, username or "")

    def load(self) -> Iterable[tuple[str, bytes, int, bytes | None, float | None]]:
        return [(topic, *kept) for topic, kept in self.kept.items()]

    def save(
        self, topic: str, payload: bytes | None, qos: int, properties: bytes | None = None, left_s: float | None = None
    ) -> int:
        if payload is None:
            self.kept.pop(topic, None)
        else:
            self.kept[topic] = payload, qos, properties, left_s
        return self.ticket() if self.retained_ticketed else 0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now
