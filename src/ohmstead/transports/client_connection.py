"""One MQTT client's socket: framing, the hot path of PUBLISH, and acknowledgements in order of receipt."""

from __future__ import annotations

import asyncio
import socket
from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar, cast

import structlog

from ohmstead.domain.errors import DomainError
from ohmstead.mqtt.codes import MalformedPacket, PacketType, ProtocolError, Reason, Version
from ohmstead.mqtt.packets import Connack, Disconnect
from ohmstead.mqtt.parse import decode, frame
from ohmstead.transports import conversation
from ohmstead.transports.conversation import Stall

if TYPE_CHECKING:
    from ohmstead.mqtt.packets import Will
    from ohmstead.mqtt.session import Session
    from ohmstead.transports.gatekeeper import Grant
    from ohmstead.transports.mqtt_gateway import Gateway

log = structlog.get_logger(__name__)

CONNECT = 0x10  # its first byte
FAREWELL_S = 5.0  # how long a closing connection may take to read what it is still owed
HIGH_WATER = 1 << 20  # bytes on their way to a client before it counts as slow
UNREAD_LIMIT = 2 << 20  # bytes it may leave unread before we stop listening to it


class ClientConnection(asyncio.Protocol):
    """Ten thousand of these idle at once: slots only, collections made when first needed, no timers."""

    __slots__ = (
        "_heard_at",
        "_held",
        "_need",
        "_rest",
        "_transport",
        "acks",
        "aliases",
        "deadline_s",
        "gateway",
        "grant",
        "open",
        "peer",
        "routes",
        "session",
        "tickets",
        "username",
        "version",
        "will",
        "writable",
    )

    # Reasons not to read from the socket; bits of `_held`.
    STALLED: ClassVar = 1  # its packet has to wait
    PAUSED: ClassVar = 2  # the gateway is paused
    UNREAD: ClassVar = 4  # it does not read its answers

    _transport: asyncio.Transport

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.open = True  # False: nothing is read any more; the transport may still flush
        self.session: Session | None = None  # set while CONNECT was accepted and the session is ours
        self.grant: Grant | None = None
        self.version = Version.V311
        self.username: str | None = None
        self.peer = ""
        self.will: Will | None = None
        self.writable = True
        # Parallel lists: acknowledgements in order of receipt, and the ticket each waits for (never falling).
        self.acks: list[bytes] = []
        self.tickets: list[int] = []
        self.routes: dict[bytes, str] | None = None  # topics as sent → topics that may be published to
        self.aliases: dict[int, str] | None = None
        # Silence after which the connection is over; 0 = never. First the time CONNECT may take.
        self.deadline_s = gateway.limits.connect_s
        self._rest: bytearray | None = None  # bytes of an unfinished packet, or of packets that wait
        self._need = 0
        self._held = 0
        self._heard_at = 0.0

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._heard_at = self.gateway.broker.clock()
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]).removeprefix("::ffff:") if name else ""
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        if (sock := transport.get_extra_info("socket")) is not None:
            # A client with keep-alive 0 that vanished would stay for ever.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.gateway.joined(self)
        if self.gateway.paused:
            self.hold(self.PAUSED)

    def connection_lost(self, exc: Exception | None) -> None:
        self.detach(clean=False)
        self.gateway.left(self)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self.session is not None:
            self.session.pump()
        if self._held & self.UNREAD:
            self.unhold(self.UNREAD)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.gateway.broker.clock()
        if not self.open:
            return
        rest = self._rest
        if rest is not None:
            rest += data
            if len(rest) < self._need or self._held:
                return
            data = bytes(rest)
            self._rest = None
        elif self._held:
            self._rest = bytearray(data)
            return
        self._consume(data)

    # reading

    def _consume(self, data: bytes) -> None:
        """Take every whole packet of `data` and keep the rest. The loop is the hot path of the server."""
        gateway = self.gateway
        hears = gateway.broker.hears
        acks, tickets = self.acks, self.tickets
        grant, routes, five = self.grant, self.routes, self.version is Version.V5
        size = len(data)
        pos = self._need = received = 0
        try:
            while size - pos > 1:
                first = data[pos]
                length = data[pos + 1]
                start = pos + 2
                if length < 128:
                    end = start + length
                elif start < size and data[start] < 128:
                    end = start + 1 + (length & 127 | data[start] << 7)
                    start += 1
                else:
                    if (found := frame(data, pos)) is None:
                        break
                    start, end = found
                    limits = gateway.limits  # shorter packets, up to 16 KiB, need no check
                    if end - pos > (limits.packet_bytes if self.session else limits.connect_bytes):
                        raise ProtocolError(f"a packet of {end - pos} bytes", Reason.PACKET_TOO_LARGE)
                if end > size:
                    self._need = end - pos
                    break
                # The common PUBLISH: no RETAIN, no DUP, QoS 0 or 1, a topic that was allowed before, no properties.
                if routes and (first == 0x32 or first == 0x30) and end - start > 2:
                    at = start + 2 + (data[start] << 8 | data[start + 1])
                    topic = routes.get(data[start + 2 : at])
                    qos = first >> 1 & 1
                    body = at + qos + qos
                    if topic is not None and (body + five <= end and not (five and data[body])):
                        packet_id = data[at:body]
                        if packet_id == b"\0\0":
                            raise MalformedPacket("packet identifier 0")
                        payload = data[body + five : end]
                        try:
                            ticket = grant.publish(topic, payload, qos, False)  # type: ignore[union-attr]
                        except DomainError as error:
                            conversation.refuse(self, error, PacketType.PUBACK, qos, packet_id)
                        else:
                            if hears(topic):
                                gateway.hand_on(self.session, topic, payload, qos)
                            if qos:
                                acks.append(b"\x40\x02" + packet_id)
                                tickets.append(ticket if not tickets or ticket > tickets[-1] else tickets[-1])
                        received += 1
                        pos = end
                        continue
                conversation.handle(self, decode(first, data[start:end], self.version))
                pos = end
                if not self.open:
                    break
                grant, routes, five = self.grant, self.routes, self.version is Version.V5
        except ProtocolError as error:
            self._violated(error)
        except Stall as stall:
            self.hold(self.STALLED)
            gateway.stall(self, stall.delay_s)
        except Exception:
            log.exception("an MQTT packet could not be handled", peer=self.peer)
            self.close(Reason.IMPLEMENTATION_SPECIFIC_ERROR)
        gateway.counters.received += received
        if not self.open:
            return
        if self.session is None and pos < size and data[pos] != CONNECT:
            # Another protocol's client: no use in waiting for the rest of what is no packet.
            self._violated(ProtocolError("the first packet is not CONNECT"))
            return
        if pos < size:
            self._rest = bytearray(data[pos:] if pos else data)
        if tickets:
            self.release(gateway.committed_ticket)
        if not self.writable and self._transport.get_write_buffer_size() > UNREAD_LIMIT:
            self.hold(self.UNREAD)

    def hold(self, why: int) -> None:
        """Stop reading until `unhold(why)`; several reasons may hold at once."""
        if not self._held and self.open:
            self._transport.pause_reading()
        self._held |= why

    def unhold(self, why: int) -> None:
        self._held &= ~why
        if self._held or not self.open:
            return
        self._heard_at = self.gateway.broker.clock()  # the silence was ours
        if (rest := self._rest) is not None and len(rest) >= self._need:
            self._rest = None
            self._consume(bytes(rest))
        if not self._held and self.open and not self._transport.is_closing():
            self._transport.resume_reading()

    def _violated(self, error: ProtocolError) -> None:
        self.gateway.counters.protocol_errors += 1
        log.info("an MQTT client broke the protocol", peer=self.peer, error=str(error))
        unknown = error.reason is Reason.UNSUPPORTED_PROTOCOL_VERSION
        if self.session is None and (error.version is Version.V5 or unknown):
            self.send(Connack(error.reason).encode(error.version or Version.V311))
        self.close(error.reason)

    # writing

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    def acknowledge(self, packet: bytes, ticket: int) -> None:
        """Send `packet` once `ticket` is committed and everything received before is acknowledged."""
        tickets = self.tickets
        self.acks.append(packet)
        tickets.append(ticket if not tickets or ticket > tickets[-1] else tickets[-1])

    def release(self, ticket: int) -> None:
        """Write the acknowledgements that wait for nothing beyond `ticket`."""
        acks, tickets = self.acks, self.tickets
        if not tickets:
            return
        if tickets[-1] <= ticket:
            self.gateway.counters.acknowledged += len(acks)
            self._transport.write(b"".join(acks))
            acks.clear()
            tickets.clear()
            return
        if tickets[0] <= ticket:
            count = bisect_right(tickets, ticket)
            self.gateway.counters.acknowledged += count
            self._transport.write(b"".join(acks[:count]))
            del acks[:count], tickets[:count]
        self.gateway.waiting[self] = None

    # time and the end

    def check_time(self, now: float) -> None:
        """Called by the gateway's sweep: has this client been silent for too long?"""
        if self._held & (self.STALLED | self.PAUSED) and self.open:
            return  # the silence is ours
        if self.deadline_s and now - self._heard_at > self.deadline_s:
            if not self.open or self.session is None:
                self.abort()
                return
            self.gateway.counters.keep_alive_timeouts += 1
            self.close(Reason.KEEP_ALIVE_TIMEOUT)

    def close(self, reason: Reason | None = None, *, clean: bool = False) -> None:
        """Hang up after what was written is flushed; 5.0 clients are told `reason`. `clean`: without the will."""
        if not self.open:
            return
        if reason is not None:
            self.release(self.gateway.committed_ticket)
        if reason is not None and self.session is not None and self.version is Version.V5:
            self.send(Disconnect(reason).encode(self.version))
        self.open = False
        self._heard_at, self.deadline_s = self.gateway.broker.clock(), FAREWELL_S
        self._rest = None
        self._transport.close()
        self.detach(clean=clean)

    def abort(self) -> None:
        self._transport.abort()

    def detach(self, *, clean: bool) -> None:
        """Leave the session: publish the will unless `clean`, tell the grant. Harmless when done before."""
        session, grant, will = self.session, self.grant, self.will
        self.open = False
        self.session = self.grant = self.will = self.routes = None
        self.acks.clear()
        self.tickets.clear()
        if session is not None and grant is not None:
            self.gateway.detached(self, session, grant, None if clean else will)
            grant.closed(clean)
