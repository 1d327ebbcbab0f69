"""From bytes to packets: framing, the fixed header's rules, and one function per packet type."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast

from ohmstead.mqtt import properties as props
from ohmstead.mqtt.codes import (
    CONNECT_RETURN_CODES,
    MalformedPacket,
    PacketType,
    ProtocolError,
    Reason,
    Version,
)
from ohmstead.mqtt.packets import (
    Ack,
    AckType,
    Auth,
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
    Unsuback,
    Unsubscribe,
    Will,
)
from ohmstead.mqtt.properties import Properties
from ohmstead.mqtt.wire import Reader, text

_NAMES: Final = {(b"MQIsdp", 3): Version.V31, (b"MQTT", 4): Version.V311, (b"MQTT", 5): Version.V5}
_RETURN_CODES: Final = {code: reason for reason, code in reversed(CONNECT_RETURN_CODES.items())} | {
    3: Reason.SERVER_UNAVAILABLE
}


def frame(data: bytes | bytearray, pos: int) -> tuple[int, int] | None:
    """Where the body of the packet at `pos` starts and ends (it may end beyond `data`); None: header incomplete."""
    length = 0
    for place in range(4):
        at = pos + 1 + place
        if at >= len(data):
            return None
        byte = data[at]
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return at + 1, at + 1 + length
    raise MalformedPacket("a remaining length of more than four bytes")


class PacketBuffer:
    """Bytes in, whole packets out, for clients and tests; the gateway frames for itself on its hot path."""

    def __init__(self, version: Version = Version.V311, max_packet: int = 1 << 20) -> None:
        self.version = version
        self._max_packet = max_packet
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[Packet]:
        self._data += data
        while (found := frame(self._data, 0)) is not None:
            start, end = found
            if end > self._max_packet:
                raise ProtocolError(f"a packet of {end} bytes", Reason.PACKET_TOO_LARGE)
            if end > len(self._data):
                return
            first, body = self._data[0], bytes(self._data[start:end])
            del self._data[:end]
            yield decode(first, body, self.version)


def decode(first: int, body: bytes, version: Version) -> Packet:
    """Decode one packet from its first byte and its body. Raises ProtocolError and nothing else."""
    kind = first >> 4
    if kind == PacketType.PUBLISH:
        return _publish(first, Reader(body), version)
    parse = _PARSERS.get(kind)
    if parse is None or (kind == PacketType.AUTH and version is not Version.V5):
        raise MalformedPacket(f"packet type {kind}")
    wanted_flags = 2 if kind in (PacketType.PUBREL, PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE) else 0
    if first & 15 != wanted_flags and not (version is Version.V31 and wanted_flags):
        # 3.1 clients set DUP on a repeated PUBREL, SUBSCRIBE or UNSUBSCRIBE.
        raise MalformedPacket(f"flags {first & 15} on packet type {kind}")
    reader = Reader(body)
    parsed = parse(kind, reader, version)
    reader.finish()
    return parsed


def _properties(reader: Reader, where: int, version: Version) -> Properties:
    return props.decode(reader, where) if version is Version.V5 else {}


def _reason(code: int) -> Reason:
    try:
        return Reason(code)
    except ValueError as error:
        raise MalformedPacket(f"reason code {code:#x}") from error


def _connect(kind: int, reader: Reader, _: Version) -> Connect:
    name, level = reader.binary(), reader.u8()
    if (version := _NAMES.get((name, level))) is None:
        if name not in (b"MQTT", b"MQIsdp"):
            raise ProtocolError(f"protocol name {name!r:.40}")
        unknown = ProtocolError(f"protocol level {level}", Reason.UNSUPPORTED_PROTOCOL_VERSION)
        unknown.version = Version.V311
        raise unknown
    try:
        return _connect_body(reader, version)
    except ProtocolError as error:
        error.version = version
        raise


def _connect_body(reader: Reader, version: Version) -> Connect:
    flags, keep_alive = reader.u8(), reader.u16()
    will_qos = flags >> 3 & 3
    if flags & 1:
        raise MalformedPacket("the reserved flag of CONNECT")
    if will_qos == 3 or (not flags & 4 and flags & 0x38):
        raise MalformedPacket("will flags that contradict each other")
    if flags & 0xC0 == 0x40 and version is not Version.V5:
        raise ProtocolError("a password without a user name")
    properties = _properties(reader, PacketType.CONNECT, version)
    client_id = reader.text()
    will = None
    if flags & 4:
        will_properties = _properties(reader, props.WILL, version)
        will = Will(reader.text(), reader.binary(), will_qos, bool(flags & 0x20), will_properties)
    username = reader.text() if flags & 0x80 else None
    password = reader.binary() if flags & 0x40 else None
    reader.finish()
    return Connect(client_id, version, bool(flags & 2), keep_alive, username, password, will, properties)


def _connack(kind: int, reader: Reader, version: Version) -> Connack:
    present, code = reader.u8(), reader.u8()
    if present > 1:
        raise MalformedPacket("the reserved flags of CONNACK")
    if version is Version.V5:
        return Connack(_reason(code), bool(present), _properties(reader, kind, version))
    if code not in _RETURN_CODES:
        raise MalformedPacket(f"return code {code}")
    return Connack(_RETURN_CODES[code], bool(present))


def _publish(first: int, reader: Reader, version: Version) -> Publish:
    qos = first >> 1 & 3
    if qos == 3 or (qos == 0 and first & 8):
        raise MalformedPacket(f"flags {first & 15} on PUBLISH")
    topic = text(reader.binary())
    packet_id = reader.packet_id() if qos else 0
    properties = _properties(reader, PacketType.PUBLISH, version)
    return Publish(topic, reader.rest(), qos, bool(first & 1), bool(first & 8), packet_id, properties)


def _ack(kind: int, reader: Reader, version: Version) -> Ack:
    packet_id = reader.packet_id()
    reason, properties = Reason.SUCCESS, Properties()
    if version is Version.V5 and reader.more():
        reason = _reason(reader.u8())
        if reader.more():
            properties = props.decode(reader, kind)
    return Ack(cast(AckType, PacketType(kind)), packet_id, reason, properties)


def _subscribe(kind: int, reader: Reader, version: Version) -> Subscribe:
    packet_id = reader.packet_id()
    properties = _properties(reader, kind, version)
    wanted: list[Subscription] = []
    while reader.more():
        topic_filter, options = reader.text(), reader.u8()
        qos, handling = options & 3, options >> 4 & 3
        if qos == 3 or options & 0xC0 or handling == 3 or (version is not Version.V5 and options > 2):
            raise MalformedPacket(f"subscription options {options:#x}")
        wanted.append(Subscription(topic_filter, qos, bool(options & 4), bool(options & 8), handling))
    if not wanted:
        raise ProtocolError("SUBSCRIBE without a filter")
    return Subscribe(packet_id, tuple(wanted), properties)


def _suback(kind: int, reader: Reader, version: Version) -> Suback:
    packet_id = reader.packet_id()
    properties = _properties(reader, kind, version)
    return Suback(packet_id, tuple(map(_reason, reader.rest())), properties)


def _unsubscribe(kind: int, reader: Reader, version: Version) -> Unsubscribe:
    packet_id = reader.packet_id()
    properties = _properties(reader, kind, version)
    filters: list[str] = []
    while reader.more():
        filters.append(reader.text())
    if not filters:
        raise ProtocolError("UNSUBSCRIBE without a filter")
    return Unsubscribe(packet_id, tuple(filters), properties)


def _unsuback(kind: int, reader: Reader, version: Version) -> Unsuback:
    packet_id = reader.packet_id()
    properties = _properties(reader, kind, version)
    return Unsuback(packet_id, tuple(map(_reason, reader.rest())), properties)


def _disconnect(kind: int, reader: Reader, version: Version) -> Disconnect:
    return Disconnect(*_reason_and_properties(kind, reader, version))


def _auth(kind: int, reader: Reader, version: Version) -> Auth:
    return Auth(*_reason_and_properties(kind, reader, version))


def _reason_and_properties(kind: int, reader: Reader, version: Version) -> tuple[Reason, Properties]:
    if version is not Version.V5 or not reader.more():
        return Reason.SUCCESS, {}
    reason = _reason(reader.u8())
    return reason, props.decode(reader, kind) if reader.more() else {}


_PARSERS: Final[Mapping[int, Callable[[int, Reader, Version], Packet]]] = {
    PacketType.CONNECT: _connect,
    PacketType.CONNACK: _connack,
    PacketType.PUBACK: _ack,
    PacketType.PUBREC: _ack,
    PacketType.PUBREL: _ack,
    PacketType.PUBCOMP: _ack,
    PacketType.SUBSCRIBE: _subscribe,
    PacketType.SUBACK: _suback,
    PacketType.UNSUBSCRIBE: _unsubscribe,
    PacketType.UNSUBACK: _unsuback,
    PacketType.PINGREQ: lambda kind, reader, version: Ping(),
    PacketType.PINGRESP: lambda kind, reader, version: Pong(),
    PacketType.DISCONNECT: _disconnect,
    PacketType.AUTH: _auth,
}
