"""One client's session: what it hears, what is on its way to it, and what it has half sent to us."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ohmstead.mqtt.codes import PacketType, Reason, Version
from ohmstead.mqtt.counters import Counters
from ohmstead.mqtt.limits import Limits
from ohmstead.mqtt.message import Message
from ohmstead.mqtt.packets import Ack


class Link(Protocol):
    """The network connection a session is attached to. `send` never blocks; it may turn `writable` to False."""

    writable: bool

    def send(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Interest:
    """What a session asked for with one filter."""

    qos: int
    no_local: bool = False
    retain_as_published: bool = False
    identifier: int | None = None


class Delivery:
    """A message for one session. `released`: QoS 2 and its PUBREC came, so only PUBREL is to be repeated."""

    __slots__ = ("identifiers", "message", "qos", "released", "retain")

    def __init__(self, message: Message, qos: int, retain: bool, identifiers: tuple[int, ...]) -> None:
        self.message = message
        self.qos = qos
        self.retain = retain
        self.identifiers = identifiers
        self.released = False


class Session:
    """Outgoing QoS state machine. It outlives its connection when the client wants that."""

    __slots__ = (
        "_clock",
        "_counters",
        "_in_flight",
        "_late",
        "_limits",
        "_next_id",
        "_queue",
        "_queued_bytes",
        "client_id",
        "expires_at",
        "expiry_s",
        "half_received",
        "key",
        "link",
        "max_packet",
        "subscriptions",
        "version",
        "window",
    )

    def __init__(self, key: tuple[str, str], limits: Limits, counters: Counters, clock: Callable[[], float]) -> None:
        self.key = key
        self.client_id = key[1]
        self.link: Link | None = None
        self.version = Version.V311
        self.window = limits.in_flight
        self.max_packet: int | None = None
        self.expiry_s = 0.0
        self.expires_at: float | None = None
        self.subscriptions: dict[str, Interest] | None = None
        # QoS 2 packet ids received and not yet released by PUBREL, with the ticket their PUBREC waits for.
        self.half_received: dict[int, int] | None = None
        self._limits = limits
        self._counters = counters
        self._clock = clock
        self._in_flight: dict[int, Delivery] | None = None
        self._queue: deque[Delivery] | None = None  # QoS 1 and 2 that wait for the window or the link
        self._late: deque[Delivery] | None = None  # QoS 0 that waits for a slow link
        self._queued_bytes = 0
        self._next_id = 0

    @property
    def waiting(self) -> int:
        return len(self._queue or ()) + len(self._late or ())

    @property
    def in_flight(self) -> int:
        return len(self._in_flight or ())

    def attach(self, link: Link, version: Version, window: int, max_packet: int | None) -> None:
        self.link = link
        self.version = version
        self.window = window
        self.max_packet = max_packet
        self.expires_at = None

    def detach(self) -> None:
        """The connection is gone. QoS 0 that was still waiting for it is lost, and counted."""
        self.link = None
        if self._late:
            self._counters.dropped_slow += len(self._late)
            self._queued_bytes -= sum(len(one.message.payload) for one in self._late)
            self._late = None

    def deliver(
        self,
        message: Message,
        qos: int,
        retain: bool,
        identifiers: tuple[int, ...] = (),
        *,
        bounded: bool = True,
    ) -> None:
        """Send, or queue, `message`. QoS 0 for a client that is away is not meant to be kept.

        `bounded=False` lets the queue grow beyond its limit, for retained messages that are in memory anyway.
        """
        link = self.link
        if qos == 0:
            if link is None:
                return
            if link.writable and not self._late:
                if message.expires_at is None and self.max_packet is None:
                    self._counters.delivered += 1
                    link.send(message.packet(self.version, 0x30 | retain, 0, identifiers, 0.0))
                else:
                    self._send(link, Delivery(message, 0, retain, identifiers), 0)
                return
            if bounded and self._full(message):
                self._counters.dropped_slow += 1
                return
            if self._late is None:
                self._late = deque()
            self._late.append(Delivery(message, 0, retain, identifiers))
            self._queued_bytes += len(message.payload)
            return
        delivery = Delivery(message, qos, retain, identifiers)
        if link is not None and link.writable and not self._queue and self.in_flight < self.window:
            self._send_tracked(link, delivery)
            return
        if self._queue is None:
            self._queue = deque()
        while (
            bounded and self._queue and self._full(message)
        ):  # the oldest goes: the newest order or value is the one wanted
            self._queued_bytes -= len(self._queue.popleft().message.payload)
            self._counters.dropped_full += 1
        self._queue.append(delivery)
        self._queued_bytes += len(message.payload)

    def pump(self) -> None:
        """Send what waits, as far as the window and the link allow."""
        link = self.link
        if link is None:
            return
        while self._queue and link.writable and self.in_flight < self.window:
            delivery = self._queue.popleft()
            self._queued_bytes -= len(delivery.message.payload)
            self._send_tracked(link, delivery)
        while self._late and link.writable:
            delivery = self._late.popleft()
            self._queued_bytes -= len(delivery.message.payload)
            self._send(link, delivery, 0)

    def resume(self) -> None:
        """After a reconnect: repeat what was never acknowledged, in its order, then go on with the queue."""
        link = self.link
        if link is None:
            return
        surplus: list[Delivery] = []
        for place, (packet_id, delivery) in enumerate(list((self._in_flight or {}).items())):
            if place >= self.window and delivery.qos == 1 and self._in_flight is not None:
                # The client takes fewer at once than it did before: these wait, and get new ids.
                del self._in_flight[packet_id]
                surplus.append(delivery)
            elif delivery.qos == 1 and self._is_over(delivery.message) and self._in_flight is not None:
                # It may have come through before, but an order must not be repeated after its time.
                del self._in_flight[packet_id]
                self._counters.dropped_expired += 1
            elif delivery.released:
                link.send(Ack(PacketType.PUBREL, packet_id).encode(self.version))
            else:
                self._send(link, delivery, packet_id, duplicate=True)
        if surplus:
            self._queued_bytes += sum(len(delivery.message.payload) for delivery in surplus)
            self._queue = deque((*surplus, *(self._queue or ())))
        self.pump()

    def acknowledged(self, packet_id: int) -> None:
        """PUBACK, or PUBCOMP of a QoS 2 message. An unknown id is harmless: its message was done before."""
        if self._in_flight is not None and self._in_flight.pop(packet_id, None) is not None and self._queue:
            self.pump()

    def half_acknowledged(self, packet_id: int, reason: Reason) -> None:
        """PUBREC: answer with PUBREL, or give the message up when the client refused it."""
        delivery = (self._in_flight or {}).get(packet_id)
        if reason >= 0x80:
            self.acknowledged(packet_id)
            return
        if delivery is not None:
            delivery.released = True
        if self.link is not None:
            answer = Reason.SUCCESS if delivery is not None else Reason.PACKET_IDENTIFIER_NOT_FOUND
            self.link.send(Ack(PacketType.PUBREL, packet_id, answer).encode(self.version))

    def forget_received(self, first: int, last: int) -> None:
        """Those tickets were not stored: their QoS 2 messages have to be taken again when they are repeated."""
        if self.half_received:
            lost = [number for number, ticket in self.half_received.items() if first <= ticket <= last]
            for number in lost:
                del self.half_received[number]

    def _is_over(self, message: Message) -> bool:
        return message.expires_at is not None and self._clock() >= message.expires_at

    def _full(self, message: Message) -> bool:
        return (
            self.waiting >= self._limits.queued_messages
            or self._queued_bytes + len(message.payload) > self._limits.queued_bytes
        )

    def _send_tracked(self, link: Link, delivery: Delivery) -> None:
        if self._in_flight is None:
            self._in_flight = {}
        packet_id = self._next_id
        while True:
            packet_id = packet_id % 65_535 + 1
            if packet_id not in self._in_flight:
                break
        self._next_id = packet_id
        # Noted before it is sent: a send may end the connection, never the promise.
        self._in_flight[packet_id] = delivery
        if not self._send(link, delivery, packet_id):
            del self._in_flight[packet_id]

    def _send(self, link: Link, delivery: Delivery, packet_id: int, duplicate: bool = False) -> bool:
        message, now = delivery.message, 0.0
        if message.expires_at is not None:
            now = self._clock()
            if now >= message.expires_at and not duplicate:
                self._counters.dropped_expired += 1
                return False
        first = 0x30 | duplicate << 3 | delivery.qos << 1 | delivery.retain
        packet = message.packet(self.version, first, packet_id, delivery.identifiers, now)
        if self.max_packet is not None and len(packet) > self.max_packet and not duplicate:
            self._counters.dropped_too_large += 1
            return False
        self._counters.delivered += 1
        link.send(packet)
        return True
