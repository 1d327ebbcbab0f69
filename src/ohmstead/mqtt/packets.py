"""The fifteen packets, as values and as bytes to send. `parse.py` is the way back."""

from dataclasses import dataclass, field
from typing import Literal

from ohmstead.mqtt import properties as props
from ohmstead.mqtt.codes import CONNECT_RETURN_CODES, PacketType, Reason, Version
from ohmstead.mqtt.properties import Properties
from ohmstead.mqtt.wire import binary, packet, string, u16

AckType = Literal[PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBREL, PacketType.PUBCOMP]

PINGREQ = b"\xc0\x00"
PINGRESP = b"\xd0\x00"


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connect:
    client_id: str
    version: Version = Version.V311
    clean: bool = True
    keep_alive: int = 0
    username: str | None = None
    password: bytes | None = None
    will: Will | None = None
    properties: Properties = field(default_factory=dict)

    def encode(self) -> bytes:
        five = self.version is Version.V5
        flags = self.clean << 1 | (self.password is not None) << 6 | (self.username is not None) << 7
        if self.will is not None:
            flags |= 4 | self.will.qos << 3 | self.will.retain << 5
        parts = [
            string("MQIsdp" if self.version is Version.V31 else "MQTT"),
            bytes((self.version, flags)),
            u16(self.keep_alive),
            props.encode(self.properties) if five else b"",
            string(self.client_id),
        ]
        if self.will is not None:
            parts += (
                props.encode(self.will.properties) if five else b"",
                string(self.will.topic),
                binary(self.will.payload),
            )
        if self.username is not None:
            parts.append(string(self.username))
        if self.password is not None:
            parts.append(binary(self.password))
        return packet(0x10, *parts)


@dataclass(frozen=True, slots=True)
class Connack:
    reason: Reason = Reason.SUCCESS
    session_present: bool = False
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        if version is Version.V5:
            return packet(0x20, bytes((self.session_present, self.reason)), props.encode(self.properties))
        # 3.1 has no session flag: the byte is reserved there.
        present = self.session_present and version is not Version.V31
        return bytes((0x20, 2, present, CONNECT_RETURN_CODES.get(self.reason, 3)))


@dataclass(frozen=True, slots=True)
class Publish:
    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    duplicate: bool = False
    packet_id: int = 0
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        return packet(
            0x30 | self.duplicate << 3 | self.qos << 1 | self.retain,
            string(self.topic),
            u16(self.packet_id) if self.qos else b"",
            props.encode(self.properties) if version is Version.V5 else b"",
            self.payload,
        )


@dataclass(frozen=True, slots=True)
class Ack:
    """PUBACK, PUBREC, PUBREL and PUBCOMP: one shape."""

    type: AckType
    packet_id: int
    reason: Reason = Reason.SUCCESS
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        first = self.type << 4 | (2 if self.type is PacketType.PUBREL else 0)
        if version is not Version.V5 or (not self.reason and not self.properties):
            return packet(first, u16(self.packet_id))
        tail = props.encode(self.properties) if self.properties else b""
        return packet(first, u16(self.packet_id), bytes((self.reason,)), tail)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One filter of a SUBSCRIBE; the last three fields are 5.0's. `retain_handling`: 0 always, 1 if new, 2 never."""

    topic_filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


@dataclass(frozen=True, slots=True)
class Subscribe:
    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        parts = [u16(self.packet_id), props.encode(self.properties) if version is Version.V5 else b""]
        for one in self.subscriptions:
            options = one.qos
            if version is Version.V5:
                options |= one.no_local << 2 | one.retain_as_published << 3 | one.retain_handling << 4
            parts += string(one.topic_filter), bytes((options,))
        return packet(0x82, *parts)


@dataclass(frozen=True, slots=True)
class Suback:
    packet_id: int
    reasons: tuple[Reason, ...]
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        if version is Version.V5:
            return packet(0x90, u16(self.packet_id), props.encode(self.properties), bytes(self.reasons))
        return packet(0x90, u16(self.packet_id), bytes(min(reason, 0x80) for reason in self.reasons))


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    topic_filters: tuple[str, ...]
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        head = props.encode(self.properties) if version is Version.V5 else b""
        return packet(0xA2, u16(self.packet_id), head, *map(string, self.topic_filters))


@dataclass(frozen=True, slots=True)
class Unsuback:
    packet_id: int
    reasons: tuple[Reason, ...] = ()  # 5.0 only
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        if version is Version.V5:
            return packet(0xB0, u16(self.packet_id), props.encode(self.properties), bytes(self.reasons))
        return packet(0xB0, u16(self.packet_id))


@dataclass(frozen=True, slots=True)
class Ping:
    def encode(self, version: Version) -> bytes:
        return PINGREQ


@dataclass(frozen=True, slots=True)
class Pong:
    def encode(self, version: Version) -> bytes:
        return PINGRESP


@dataclass(frozen=True, slots=True)
class Disconnect:
    reason: Reason = Reason.SUCCESS
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        return _reasoned(0xE0, self.reason, self.properties, version)


@dataclass(frozen=True, slots=True)
class Auth:
    """5.0's extended authentication step."""

    reason: Reason = Reason.SUCCESS
    properties: Properties = field(default_factory=dict)

    def encode(self, version: Version) -> bytes:
        return _reasoned(0xF0, self.reason, self.properties, version)


Packet = (
    Connect | Connack | Publish | Ack | Subscribe | Suback | Unsubscribe | Unsuback | Ping | Pong | Disconnect | Auth
)


def _reasoned(first: int, reason: Reason, properties: Properties, version: Version) -> bytes:
    if version is not Version.V5 or (not reason and not properties):
        return bytes((first, 0))
    return packet(first, bytes((reason,)), props.encode(properties) if properties else b"")
